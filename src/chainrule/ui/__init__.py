"""The window: Qt widgets and pyqtgraph. Views draw a moment and hand intents to the session; they compute nothing."""
