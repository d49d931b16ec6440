"""Self-test suite for AES"""
import unittest
from Cryptodome.Cipher import AES

KEY = '5a92be65b32f27ce' * 2

# (plaintext, ciphertext, key, comment)
test_data = [
    ('2db732515dfd273b58f5719bcf79fa71'+'9ebc75a7e7cccda091e0d206805eeaba',
        'd09c254049b188c3181a22767987d245090432a82edee363a4156da41e1ff73f', '5a92be65b32f27ce5ba8bea759990b0a', 'made for a test'),
    ('2db732515dfd273b58f5719bcf79fa71', 'f56a401fe462c4ac5332c2d4a282f8b8',
        KEY, 'a constant'),
    ('2db732515dfd273b58f5719bcf79fa719ebc75a7e7cccda091e0d206805eeaba', '67435375e08e01ab80bcc5d66a3436edf4d6d9b753c3df854e341fdbd70fc1bc', '5a92be65b32f27ce5ba8bea759990b0a', 'chained', dict(mode='CBC', iv='cec60e4f22eab19f2e84f771f4214c7a')),
]


def get_tests(config={}):
    from .common import make_block_tests
    return make_block_tests(AES, "AES", test_data)
