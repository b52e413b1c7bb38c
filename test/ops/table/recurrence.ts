import type { Tensor } from '../../../src/core/tensor';
import { lessEqual, stopGradient } from '../../../src/ops/elementwise';
import { type CellKind, recurrence } from '../../../src/ops/recurrence/index';
import { reshape, slice } from '../../../src/ops/shape-ops';
import type { Row } from '../row';
import { row } from './notation';

/** Steps that count: those of which the first input is at most 0.7. */
function maskOf(z: Tensor): Tensor {
  const [batch, time] = z.shape as [number, number];
  return lessEqual(reshape(slice(stopGradient(z), [0, 0, 0], [batch, time, 1]), [batch, time]), 0.7);
}

const once = { secondOrder: false, distinct: true } as const;
const run =
  (cell: CellKind, options: { backwards?: boolean; carry?: boolean; masked?: boolean } = {}) =>
  (z: Tensor, kernel: Tensor, state?: Tensor): Tensor => {
    const { masked = false, ...rest } = options;
    const initial = state === undefined ? [] : cell === 'lstm' ? [state, state] : [state];
    return recurrence(cell, z, kernel, { ...rest, initial, mask: masked ? maskOf(z) : null });
  };

/** Recurrent layers as one operation: inputs already multiplied `[batch, time, gates · units]`, and the kernel of the state. */
export const recurrenceRows: readonly Row[] = [
  row('recurrence simple', '2×3×4 · 4×4', run('simple'), { ...once, more: ['1×1×1 · 1×1', '3×5×17 · 17×17'] }),
  row('recurrence simple, masked', '3×4×2 · 2×2', run('simple', { masked: true }), once),
  row('recurrence simple, stated, backwards', '2×3×3 · 3×3 · 2×3', run('simple', { backwards: true }), once),
  row('recurrence lstm', '2×3×8 · 2×8', run('lstm'), { ...once, more: ['1×2×4 · 1×4', '2×4×36 · 9×36'] }),
  row('recurrence lstm, stated, masked', '2×4×8 · 2×8 · 2×2', run('lstm', { masked: true }), once),
  row('recurrence lstm, carry, backwards', '2×3×8 · 2×8', run('lstm', { carry: true, backwards: true }), once),
  row('recurrence gru', '2×3×6 · 2×6', run('gru'), { ...once, more: ['1×2×3 · 1×3', '3×2×33 · 11×33'] }),
  row(
    'recurrence gru, stated, masked, backwards',
    '2×4×6 · 2×6 · 2×2',
    run('gru', { masked: true, backwards: true }),
    once,
  ),
  row('recurrence gru, biased', '2×3×6 · 2×6 · 6', (z, k, b) => recurrence('gru', z, k, { bias: b }), once),
];
