import { f32x4, f64x2, i8x16, i32, type ModuleBuilder, type V128, v128 } from '../../assembler/index';
import { Emitter } from '../../elementwise/emitter';
import { exp64 } from '../../elementwise/math64';
import { addressOf } from '../../kernel';
import { contiguous } from '../../layout/copy';
import { emitTask, type TaskKernel } from '../../task';

/** See the op. */
const LEAST_RAW = -350;

/** A unit is two samples; the last one may stand alone. */
function emitDerivatives(m: ModuleBuilder, isWeighted: boolean): void {
  emitTask(m, { words: ['raw', 'y', 'weights', 'n', 'out'] }, (f, w, { begin, end }) => {
    f.keepConstants();
    const e = new Emitter(f);
    const [u, at] = f.locals('i32', 2);
    const [z, y, weights] = f.locals('v128', 3);
    const pair = (isWhole: boolean): void => {
      const load = (from: typeof at): V128 =>
        isWhole ? v128.load(i32.add(from, at)) : v128.load64Zero(i32.add(from, at));
      f.set(z, load(w.raw));
      f.set(y, load(w.y));
      if (isWeighted) f.set(weights, load(w.weights));
      const power = e.keep(exp64(e, f64x2.neg(f64x2.pmax(z, f64x2.const(LEAST_RAW))), 'double'));
      const sum = e.keep(f64x2.add(power, f64x2.const(1)));
      const weigh = (value: V128): V128 => (isWeighted ? f64x2.mul(weights, value) : value);
      const above = f64x2.sub(f64x2.sub(f64x2.const(1), y), f64x2.mul(y, power));
      const gradient = f64x2.div(weigh(above), sum);
      const hessian = f64x2.div(weigh(power), f64x2.mul(sum, sum));
      const narrow = (value: V128): V128 => e.keep(f32x4.demoteF64x2Zero(value));
      const both = e.keep(
        i8x16.shuffle(narrow(gradient), narrow(hessian), [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]),
      );
      const to = i32.add(w.out, at);
      f.do(isWhole ? v128.store(to, both) : v128.store64Lane(to, both, 0));
    };
    f.for(u, begin, end, 1, () => {
      f.set(at, i32.shl(u, 4));
      f.if(
        i32.ltU(i32.add(i32.shl(u, 1), 1), w.n),
        () => pair(true),
        () => pair(false),
      );
    });
  });
}

/** Inputs `[raw, y, weights?]`. */
export const logLossDerivatives: TaskKernel<undefined> = (inputs, out, _attrs, context) => {
  const n = inputs[0]!.shape[0]!;
  const isWeighted = inputs.length === 3;
  const [raw, y, weights = 0] = inputs.map((x) => addressOf(contiguous(x, context))) as [number, number, number?];
  const code = context.code(`log-loss-${isWeighted}`, (m) => emitDerivatives(m, isWeighted));
  context.launch(code, [raw, y, weights, n, addressOf(out)], { units: Math.ceil(n / 2), cost: 6 * n });
  return true;
};
