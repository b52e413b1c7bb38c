import { reference } from '../../src/backends/reference/index';
import { testParity } from './parity';

// Strided, reversed and broadcast operands give what contiguous ones give.
testParity(reference());
