import type { TaskContext } from '../task';
import type { ArithmeticName } from './elements';

/** What is computed with: the arithmetic but for fused multiply-add, which the backend decides. */
export type ElementKind = 'f32' | 'f64' | 'i32';

export function arithmeticFor(kind: ElementKind, context: Pick<TaskContext, 'features'>): ArithmeticName {
  return kind === 'f32' && context.features.relaxedSimd ? 'f32-fma' : kind;
}
