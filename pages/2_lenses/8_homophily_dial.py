"""When do neighbours help, and when do they hurt? Drawn graphs on a dial, and edges added to a real graph, trained live."""

from pages._shared import dialling

dialling.page()
