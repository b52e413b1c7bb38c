import { type Expr, type FunctionBuilder, i32, type Local, type ModuleBuilder } from '../assembler/index';
import { emitTask, type TaskContext } from '../task';
import {
  emitPixelRows,
  type FixedWindow,
  PIXEL_WORDS,
  type Pixel,
  type PixelArguments,
  pixelWords,
} from './pixel-loop';

/** How a task that visits windows pixel by pixel is cut into units. */
export interface PixelTask {
  /**
   * Rows of the output, or, where windows that overlap are written to, images: one block of `CHANNELS` bytes of their
   * channels at a time, so that a single image can be divided too.
   */
  readonly units: 'rows' | 'images';
  readonly fixed: FixedWindow | null;
}

/** Bytes of channels per unit: a cache line. */
const CHANNELS = 64;

/** The part of a module's key that tells its tasks apart. */
function pixelTaskKey({ units, fixed }: PixelTask): string {
  return fixed === null ? units : `${units}-${fixed.join('x')}`;
}

/** What `emitPixelTask` emits for a vector of channels, `c` bytes from the pixel's start, with `left` bytes from there on. */
type Chunk = (pixel: Pixel, c: Local<'i32'>, left: Expr<'i32'>) => void;

/** Emits a task that visits every pixel of the output, a vector of channels at a time. */
export function emitPixelTask(
  m: ModuleBuilder,
  { units, fixed }: PixelTask,
  prepare: (f: FunctionBuilder) => Chunk,
): void {
  emitTask(m, { words: PIXEL_WORDS }, (f, w, { begin, end }) => {
    const chunk = prepare(f);
    const [unit, c, first, last, row, rowEnd] = f.locals('i32', 6);
    const rows = (from: Local<'i32'>, to: Local<'i32'>): void =>
      emitPixelRows(
        f,
        w,
        from,
        to,
        (pixel) => f.for(c, first, last, 16, () => chunk(pixel, c, i32.sub(w.channelBytes, c))),
        fixed,
      );
    if (units === 'rows') {
      f.set(last, w.channelBytes);
      rows(begin, end);
      return;
    }
    const blocks = f.local('i32', i32.divU(i32.add(w.channelBytes, CHANNELS - 1), CHANNELS));
    f.for(unit, begin, end, 1, () => {
      f.set(row, i32.mul(i32.divU(unit, blocks), w.rowsY));
      f.set(rowEnd, i32.add(row, w.rowsY));
      f.set(first, i32.mul(i32.remU(unit, blocks), CHANNELS));
      f.set(last, i32.add(first, CHANNELS));
      f.set(last, i32.select(i32.ltU(last, w.channelBytes), last, w.channelBytes));
      rows(row, rowEnd);
    });
  });
}

/** Launches what `emitPixelTask` emitted. */
export function launchPixels(
  context: TaskContext,
  key: string,
  task: PixelTask,
  emit: (m: ModuleBuilder) => void,
  args: PixelArguments,
  rowLength?: number,
): void {
  const code = context.code(`${key}-${pixelTaskKey(task)}`, emit);
  const { images, output, window, channelBytes } = args;
  const [batch] = images.shape;
  const taps = batch * output[0] * output[1] * window[0] * window[1];
  const units = batch * (task.units === 'rows' ? output[0] : Math.ceil(channelBytes / CHANNELS));
  const work = { units, cost: taps * (2 + channelBytes / 16) };
  context.launch(code, pixelWords(args), rowLength === undefined ? work : { ...work, rowLength, leadsOnly: true });
}
