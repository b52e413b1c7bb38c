import { isFloating } from '../core/dtype';
import { ConfigError, ShapeError } from '../core/errors';
import { formatShape, sameShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { asTensor, type TensorLike } from '../ops/create';
import { add, cast, div, logSoftmax, mean, mul, neg, oneHot, softmax, sub, sum } from '../ops/index';

export interface DistillationOptions {
  /** Softens both distributions; default 3. */
  temperature?: number | undefined;
  /** Weight of the teacher against the labels, in [0, 1]; default 0.5 (1 where there are no labels). */
  alpha?: number | undefined;
  /** True classes: indices `[batch]` or one-hot rows `[batch, classes]`. */
  labels?: TensorLike | undefined;
}

/**
 * Hinton's distillation loss, averaged over the batch:
 * α·T²·KL(softmax(t/T) ‖ softmax(s/T)) + (1 − α)·CE(labels, softmax(s)).
 * T² keeps the gradient's size independent of the temperature.
 *
 * @param studentLogits - `[batch, classes]`.
 * @param teacherLogits - `[batch, classes]`; no gradient is meant to flow into them.
 * @param options - see {@link DistillationOptions}.
 * @returns a scalar tensor.
 * @throws ShapeError when the logits differ in shape; ConfigError for a temperature ≤ 0 or alpha outside [0, 1].
 *
 * Reference: Hinton, Vinyals, Dean 2015, “Distilling the Knowledge in a Neural Network”, arXiv:1503.02531.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { distillationLoss } from 'kompakt/compress';
 * const same = tensor([[2, 0, -1]]);
 * console.log(distillationLoss(same, same, { temperature: 4, alpha: 1 }).item()); // → 0
 * ```
 */
export function distillationLoss(
  studentLogits: TensorLike,
  teacherLogits: TensorLike,
  options: DistillationOptions = {},
): Tensor {
  const student = asTensor(studentLogits);
  const teacher = asTensor(teacherLogits, student);
  const { temperature, alpha } = checkDistillation(options);
  if (student.rank !== 2 || !sameShape(student.shape, teacher.shape)) {
    throw new ShapeError(
      `distillationLoss: logits must both be [batch, classes], got ${formatShape(student.shape)} and ${formatShape(teacher.shape)}.`,
    );
  }
  const soft = mul(divergence(student, teacher, temperature), alpha * temperature ** 2);
  if (options.labels === undefined || alpha === 1) return soft;
  const hard = crossEntropy(student, asTensor(options.labels, student));
  return add(soft, mul(hard, 1 - alpha));
}

/** Temperature and alpha with defaults, checked. */
export function checkDistillation(options: DistillationOptions): { temperature: number; alpha: number } {
  const { temperature = 3, alpha = options.labels === undefined ? 1 : 0.5 } = options;
  if (!(temperature > 0) || !Number.isFinite(temperature)) {
    throw new ConfigError(`distillation: temperature must be a positive number, got ${temperature}.`);
  }
  if (!(alpha >= 0 && alpha <= 1)) throw new ConfigError(`distillation: alpha must be in [0, 1], got ${alpha}.`);
  return { temperature, alpha };
}

/** KL(softmax(t/T) ‖ softmax(s/T)), mean over the batch. */
function divergence(student: Tensor, teacher: Tensor, temperature: number): Tensor {
  const t = div(teacher, temperature);
  const difference = sub(logSoftmax(t), logSoftmax(div(student, temperature)));
  return mean(sum(mul(softmax(t), difference), { axis: -1 }));
}

function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const classes = logits.shape[1]!;
  const indices = labels.rank === 1;
  if (!indices && !sameShape(labels.shape, logits.shape)) {
    throw new ShapeError(
      `distillationLoss: labels must be [batch] indices or ${formatShape(logits.shape)} one-hot rows, got ${formatShape(labels.shape)}.`,
    );
  }
  const dense = indices ? oneHot(cast(labels, 'int32'), classes) : labels;
  const targets = isFloating(dense.dtype) && dense.dtype === logits.dtype ? dense : cast(dense, logits.dtype);
  return neg(mean(sum(mul(targets, logSoftmax(logits)), { axis: -1 })));
}
