import { wasm } from '../../../src/backends/wasm/index';
import { testParity } from '../../ops/parity';

testParity(wasm());
