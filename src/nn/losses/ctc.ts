import { ConfigError, ShapeError } from '../../core/errors';
import { formatShape } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { full, zeros } from '../../ops/create';
import {
  add,
  cast,
  exp,
  less,
  log,
  logicalAnd,
  maximum,
  neg,
  notEqual,
  stopGradient,
  sub,
  where,
} from '../../ops/elementwise';
import { matmul } from '../../ops/matmul';
import { oneHot } from '../../ops/one-hot';
import { logSumExp, sum } from '../../ops/reduce';
import { concat, reshape, slice, stack } from '../../ops/shape-ops';
import { logSoftmax } from '../../ops/softmax';
import { findNoIndex } from '../indices';
import { checkKeys, floating, type Loss, type LossOptions, loss } from './define';

/** Options of {@link ctcLoss}. */
export interface CtcOptions extends LossOptions {
  /** The class of no label, which pads targets too; by default 0. */
  readonly blank?: number | undefined;
}

/** ln of a probability that is as good as 0: no infinity, whose differences would be NaN. */
const NEVER = -1e30;

/**
 * Connectionist temporal classification: how probable it is that the outputs of a sequence, once repeats and then blanks
 * are struck out, spell the targets. l = −ln Σ over all such paths of Π_t p_t(path_t), summed by the forward algorithm in
 * logarithms; its gradient is that of the sum.
 *
 * @param options - `blank = 0`: the class that stands for no label, and that pads shorter targets; `reduction`.
 * @returns `(yTrue, yPred) → [batch]`; outputs are logits `[batch, time, classes]`, targets class numbers
 * `[batch, length]`, padded behind with the blank. Infinity where the time does not suffice for the targets.
 * @throws ConfigError for an option that is unknown, or a target that is no class number; ShapeError for other shapes.
 *
 * Reference: Graves et al. 2006, “Connectionist Temporal Classification”, ICML; Keras's `CTC`.
 *
 * @example
 * ```ts
 * import { tensor, zeros } from 'kompakt';
 * import { ctcLoss } from 'kompakt/nn';
 * // Two steps, three classes alike: of the nine paths, three spell 1: "1 1", "1 –", "– 1".
 * console.log(ctcLoss()(tensor([[1]]), zeros([1, 2, 3])).item().toFixed(4), Math.log(3).toFixed(4)); // → 1.0986 1.0986
 * ```
 */
export function ctcLoss(options: CtcOptions = {}): Loss {
  checkKeys('ctcLoss', options, ['blank']);
  const { blank = 0 } = options;
  if (!Number.isInteger(blank) || blank < 0)
    throw new ConfigError(`ctcLoss: blank must be a class number, got ${String(blank)}.`);
  return loss('ctcLoss', { blank }, (yTrue, yPred) => ctc(yTrue, yPred, blank), options);
}

function ctc(yTrue: Tensor, yPred: Tensor, blank: number): Tensor {
  const logits = floating(yPred, 'ctcLoss');
  if (logits.rank !== 3 || yTrue.rank !== 2 || yTrue.shape[0] !== logits.shape[0]) {
    throw new ShapeError(
      `ctcLoss: outputs must be [batch, time, classes] and targets [batch, length], got ${formatShape(yPred.shape)} and ${formatShape(yTrue.shape)}.`,
    );
  }
  const [batch, time, count] = logits.shape as [number, number, number];
  if (blank >= count) throw new ConfigError(`ctcLoss: blank is ${blank}, but the model has ${count} classes.`);
  const wrong = findNoIndex(yTrue, count);
  if (wrong !== undefined) {
    throw new ConfigError(
      `ctcLoss: the model has ${count} outputs, so targets must be integers in [0, ${count - 1}]; found ${wrong}.`,
    );
  }
  const states = statesOf(cast(yTrue, 'int32'), blank);
  // ln p of every state at every step: the product with one-hot rows, which a gradient goes through.
  const emissions = matmul(logSoftmax(logits), oneHot(states.labels, count, { dtype: logits.dtype }), {
    transposeB: true,
  });
  const width = states.labels.shape[1]!;
  const at = (t: number): Tensor => reshape(slice(emissions, [0, t, 0], [batch, t + 1, width]), [batch, width]);
  const never = full([batch, width], NEVER, { dtype: logits.dtype, backend: logits.backend });
  let alpha = where(states.isFirst, at(0), never);
  for (let t = 1; t < time; t++) {
    const fromBefore = shifted(alpha, 1);
    const fromTwoBefore = where(states.skips, shifted(alpha, 2), never);
    alpha = add(logSumExp3(alpha, fromBefore, fromTwoBefore), at(t));
  }
  const ends = where(states.isLast, alpha, never);
  const total = logSumExp(ends, { axis: 1 });
  return where(less(total, NEVER / 2), Number.POSITIVE_INFINITY, neg(total));
}

/** The labels with blanks between and around them, `[batch, 2·length + 1]`, and what the paths may do there. */
function statesOf(labels: Tensor, blank: number) {
  const [batch, length] = labels.shape as [number, number];
  const { backend } = labels;
  const blanks = full([batch, length], blank, { dtype: 'int32', backend });
  const one = full([batch, 1], blank, { dtype: 'int32', backend });
  const interleaved = (even: Tensor, odd: Tensor): Tensor => reshape(stack([even, odd], 2), [batch, 2 * length]);
  const isLabel = notEqual(labels, blank);
  // A label can follow another one directly, but not itself: between two alike there must be a blank.
  const before = concat([one, slice(labels, [0, 0], [batch, length - 1])], 1);
  const none = zeros([batch, length], { dtype: 'int32', backend });
  const nothing = zeros([batch, 1], { dtype: 'int32', backend });
  const mayFollow = cast(logicalAnd(isLabel, notEqual(labels, before)), 'int32');
  const used = sum(cast(isLabel, 'int32'), { axis: 1, keepDims: true });
  const places = reshape(
    Tensor.from(
      backend,
      Int32Array.from({ length: 2 * length + 1 }, (_, i) => i),
      'int32',
      [2 * length + 1],
    ),
    [1, 2 * length + 1],
  );
  const end = add(used, used);
  return {
    labels: concat([interleaved(blanks, labels), one], 1),
    skips: notEqual(concat([interleaved(none, mayFollow), nothing], 1), 0),
    isFirst: logicalAnd(less(places, 2), less(places, add(end, 1))),
    isLast: logicalAnd(less(sub(end, 2), places), less(places, add(end, 1))),
  };
}

/** Every row moved to the right by `n`, with nothing before it. */
function shifted(x: Tensor, n: number): Tensor {
  const [batch, width] = x.shape as [number, number];
  const before = full([batch, Math.min(n, width)], NEVER, { dtype: x.dtype, backend: x.backend });
  return width <= n ? before : concat([before, slice(x, [0, 0], [batch, width - n])], 1);
}

function logSumExp3(a: Tensor, b: Tensor, c: Tensor): Tensor {
  const top = stopGradient(maximum(maximum(a, b), c));
  return add(top, log(add(add(exp(sub(a, top)), exp(sub(b, top))), exp(sub(c, top)))));
}
