import type { Operand } from '../../../core/backend';
import {
  type FunctionBuilder,
  f32,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  v128,
} from '../assembler/index';
import { runProduct } from '../gemm/product';
import { addressOf } from '../kernel';
import { emitTask, type TaskContext } from '../task';
import type { ConvAttrs } from './geometry';
import type { Placed } from './place';
import type { ConvSizes } from './sizes';

/** Most input channels, and how many times as many output channels there are at least. */
const MOST_CHANNELS = 4;
const LEAST_RATIO = 4;
/** Bytes of products at a time, for them to stay in the second-level cache where images are that small. */
const AREA_BYTES = 256 * 1024;

/** Whether the gradient by the images is better taken tap by tap. */
export function hasFewChannels({ kind, inner, outer, groups }: ConvSizes, { strides }: ConvAttrs): boolean {
  const few = inner <= MOST_CHANNELS && outer >= LEAST_RATIO * inner;
  return kind === 'f32' && groups === 1 && few && strides[0] === 1 && strides[1] === 1;
}

/**
 * The gradient by images of few channels: the contiguous cotangent times the kernel, pixel by pixel, and of what that is for each
 * tap the sums where taps meet. Gathering the windows of the cotangent, with its many channels, would take longer than both.
 */
export function fewChannelsInputGrad(
  g: Placed,
  kernel: Placed,
  out: Operand,
  { padding, dilations }: ConvAttrs,
  { kind, kernel: [kh, kw], inner, outer }: ConvSizes,
  context: TaskContext,
): void {
  const [batch, height, width] = g.shape;
  const [, rows, columns] = out.shape as readonly number[] as readonly [number, number, number];
  const n = kh * kw * inner;
  const atOnce = Math.max(1, Math.min(batch, Math.floor(AREA_BYTES / (height * width * n * 4))));
  const area = context.workspace(atOnce * height * width * n * 4);
  const code = context.code(`meeting-taps-${kh}x${kw}x${inner}`, (m) => emitMeetings(m, kh, kw, inner));
  for (let image = 0; image < batch; image += atOnce) {
    const images = Math.min(atOnce, batch - image);
    const pixels = height * width;
    const a = { address: g.address + image * pixels * outer * 4, row: outer * 4, column: 4 };
    const b = { address: kernel.address, row: 4, column: outer * 4 };
    runProduct({ kind, m: images * pixels, n, k: outer, a, b, c: { address: area, row: n * 4 } }, context);
    const to = addressOf(out) + image * rows * columns * inner * 4;
    const words = [to, area, rows, columns, height, width, padding[0][0], padding[1][0], ...dilations];
    context.launch(code, words, { units: images * rows, cost: images * rows * columns * n });
  }
}

const WORDS = [
  'out',
  'products',
  'rows',
  'columns',
  'height',
  'width',
  'padY',
  'padX',
  'dilationY',
  'dilationX',
] as const;

type I32 = Local<'i32'>;

/** Rows of the images: of products `[image, height, width, kh, kw, inner]` the sums where taps meet. */
function emitMeetings(m: ModuleBuilder, kh: number, kw: number, inner: number): void {
  const [from, to] = [4 * kh * kw * inner, 4 * inner];
  emitTask(m, { words: WORDS }, (f, w, { begin, end }) => {
    const [unit, image, row, at, tapY, tapX, line, source, shift, first, last, p, q, stop, bytes] = f.locals('i32', 15);
    f.set(bytes, i32.mul(w.columns, to));
    f.for(unit, begin, end, 1, () => {
      f.set(image, i32.divU(unit, w.rows));
      f.set(row, i32.remU(unit, w.rows));
      f.set(at, i32.add(w.out, i32.mul(unit, bytes)));
      f.do(memory.fill(at, 0, bytes));
      f.for(tapY, 0, kh, 1, () => {
        f.set(line, i32.sub(i32.add(row, w.padY), i32.mul(tapY, w.dilationY)));
        f.if(i32.ltU(line, w.height), () => {
          f.set(line, i32.mul(i32.add(i32.mul(image, w.height), line), w.width));
          f.set(source, i32.add(i32.add(w.products, i32.mul(line, from)), i32.mul(tapY, kw * to)));
          f.for(tapX, 0, kw, 1, () => {
            // Pixel x of the row meets pixel x + shift of the cotangent.
            f.set(shift, i32.sub(w.padX, i32.mul(tapX, w.dilationX)));
            f.set(first, i32.select(i32.ltS(shift, 0), i32.sub(0, shift), 0));
            f.set(last, i32.sub(w.width, shift));
            f.set(last, i32.select(i32.gtS(last, w.columns), w.columns, last));
            f.if(i32.ltS(first, last), () => {
              f.set(p, i32.add(source, i32.add(i32.mul(tapX, to), i32.mul(i32.add(first, shift), from))));
              f.set(q, i32.add(at, i32.mul(first, to)));
              f.set(stop, i32.add(at, i32.mul(last, to)));
              f.while(i32.ltU(q, stop), () => {
                emitAdd(f, q, p, inner);
                f.increment(p, from);
                f.increment(q, to);
              });
            });
          });
        });
      });
    });
  });
}

/** Adds `count` floats. */
function emitAdd(f: FunctionBuilder, to: I32, from: I32, count: number): void {
  for (let k = 0; k < count; k += k + 4 <= count ? 4 : 1) {
    const at = 4 * k;
    if (k + 4 <= count) f.do(v128.store(to, f32x4.add(v128.load(to, at), v128.load(from, at)), at));
    else f.do(f32.store(to, f32.add(f32.load(to, at), f32.load(from, at)), at));
  }
}
