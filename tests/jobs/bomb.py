import os


class Bomb:
    """What an attacker would put into a queue that reads pickles."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)
