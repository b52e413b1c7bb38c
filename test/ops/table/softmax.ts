import { logSoftmax, softmax } from '../../../src/ops/softmax';
import type { Row } from '../row';
import { row } from './notation';

const both = (name: string, inputs: string, axis: number, more: string[] = []): Row[] => [
  row(`softmax ${name}`, inputs, (x) => softmax(x, { axis }), { more, domain: [-4, 4] }),
  row(`logSoftmax ${name}`, inputs, (x) => logSoftmax(x, { axis }), { more, domain: [-4, 4] }),
];

export const softmaxRows: readonly Row[] = [
  ...both('of a vector', '7', 0, ['1', '16', '130']),
  ...both('of rows', '3×10', -1, ['4×1', '2×19', '5×64', '33×7', '0×3', '2×3×35']),
  ...both('of columns', '5×3', 0, ['3×16', '2×33', '1×5', '4×0']),
  ...both('of a middle axis', '2×3×4', 1, ['3×17×5']),
];
