"""Self-test suite for ElGamal"""
import unittest

class ElGamalTest(unittest.TestCase):
    tve=[
        {
        # 128 bits
        'p'  :'CE3F1AD0917EABF047737767F4ED6687',
        'g'  :'02',
        'y'  :'55642355BDF7CAA6A9D6C7100D4015C0',
        'x'  :'81F1A4267BF3FDD4',
        'k'  :'8840CC2CB7F26D90E9388E6F7A093FD1',
        'pt' :'29D58AE02B04527A603F852A115B6B47',
        'ct1':'9CBE6297314F3DEC8932E49529C31E69',
        'ct2':'13E9E9C9D46607E805097F5DA400BFC2'
        },
        {
        'p'  :'CE3F1AD0917EABF047737767F4ED6687',
        'g'  :'02',
        'y'  :'55642355BDF7CAA6A9D6C7100D4015C0',
        'x'  :'81F1A4267BF3FDD4',
        'k'  :'8840CC2CB7F26D90E9388E6F7A093FD1',
        'h'  :'73CA7E3CD3535381E2AE25C52F6265E2',
        'sig1':'9CBE6297314F3DEC8932E49529C31E69',
        'sig2':'B35115E7EA7740316530EE6E902F6F1C',
        },
    ]
