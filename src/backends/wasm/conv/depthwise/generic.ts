import { i32, type Local, type ModuleBuilder, v128 } from '../../assembler/index';
import type { Arithmetic } from '../../gemm/arithmetic';
import { emitTapLoop, storePart } from '../pixel-loop';
import { emitPixelTask, type PixelTask } from '../pixel-task';

/** Which of the three contractions of images, kernel and output is computed. */
export type Into = 'output' | 'input' | 'kernel';

/** How each is divided: images, and kernels of their own for each image, are added to. */
export function genericTask(into: Into): PixelTask {
  return { units: into === 'output' ? 'rows' : 'images', fixed: null };
}

/**
 * Emits a depthwise convolution that goes tap by tap, for windows too long to unroll. p0 the kernel `[taps, channels]`,
 * p1 the output, and where the kernel is computed, p2 its bytes for each image. What is computed, but for the output,
 * starts out as zeros.
 */
export function emitGenericDepthwise(m: ModuleBuilder, { multiplyAdd }: Arithmetic, into: Into): void {
  emitPixelTask(m, genericTask(into), (f) => {
    const [sum, value] = f.locals('v128', 2);
    const [y, kernel] = f.locals('i32', 2);
    return (pixel, c, left) => {
      const { w } = pixel;
      f.set(y, i32.add(i32.add(w.p1, pixel.out), c));
      f.set(kernel, w.p0);
      if (into === 'kernel') {
        const image = i32.divU(pixel.out, i32.mul(i32.mul(w.rowsY, w.rowsX), w.channelBytes));
        f.set(kernel, i32.add(w.p0, i32.mul(w.p2, image)));
      }
      f.set(sum, into === 'output' ? v128.zero() : v128.load(y));
      emitTapLoop(f, pixel, c, (x: Local<'i32'>, tap) => {
        const k = f.local('i32', i32.add(kernel, tap));
        if (into === 'output') f.set(sum, multiplyAdd(v128.load(x), v128.load(k), sum));
        else {
          const [factor, target] = into === 'input' ? [k, x] : [x, k];
          f.set(value, multiplyAdd(sum, v128.load(factor), v128.load(target)));
          storePart(f, target, value, left);
        }
      });
      if (into === 'output') storePart(f, y, sum, left);
    };
  });
}
