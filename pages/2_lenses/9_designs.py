"""Which design helps where neighbours differ, and does the ranking survive when its benchmark is mended?"""

from pages._shared import designing

designing.page()
