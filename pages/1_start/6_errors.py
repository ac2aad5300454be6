"""Which nodes are wrong, and is it the features or the structure?"""

from pages._shared import erring

erring.page()
