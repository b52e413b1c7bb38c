import {
  type FunctionBuilder,
  type FunctionRef,
  i32,
  type Local,
  type ModuleBuilder,
  type TableRef,
} from '../assembler/index';
import { CHAINED, CHUNK, CHUNKS, CODE, KIND, PARAMS, STEP_BYTES, TASK, UNITS } from './layout';

const FOUR = ['i32', 'i32', 'i32', 'i32'] as const;

/** Emits `chunk(step, index, worker)`: one chunk of a step, and of the steps chained to it. */
export function emitChunk(m: ModuleBuilder, table: TableRef<'void'>): FunctionRef<'void'> {
  return m.func('chunk', ['i32', 'i32', 'i32'], 'void', (f, step, index, worker) => {
    const size = f.local('i32', i32.load(step, CHUNK));
    const units = f.local('i32', i32.load(step, UNITS));
    const begin = f.local('i32', i32.mul(index, size));
    const end = f.local('i32', i32.add(begin, size));
    f.if(i32.gtU(end, units), () => f.set(end, units));
    const left = f.local('i32', i32.load(step, CHAINED));
    const call = (from: Local<'i32'>, to: Local<'i32'>): void =>
      f.do(f.callIndirect(table, i32.load(step, CODE), i32.load(step, PARAMS), from, to, worker));
    call(begin, end);
    const [from, to] = f.locals('i32', 2);
    f.while(left, () => {
      f.increment(step, STEP_BYTES);
      f.set(from, i32.mul(begin, i32.load(step, UNITS)));
      f.set(to, i32.mul(end, i32.load(step, UNITS)));
      call(from, to);
      f.set(left, i32.sub(left, 1));
    });
  });
}

/** The index behind a step and those chained to it. */
export function nextIndex(f: FunctionBuilder, index: Local<'i32'>, step: Local<'i32'>): void {
  f.set(index, i32.add(i32.add(index, 1), i32.load(step, CHAINED)));
}

/** Emits what one thread alone does: `run(steps, index)` does steps up to the next one of the host, whose number it is. */
export function buildSerial(m: ModuleBuilder): void {
  const table = m.tableOf(FOUR, 'void');
  const chunk = emitChunk(m, table);
  m.func('run', ['i32', 'i32'], 'i32', (f, steps, index) => {
    const step = f.local('i32');
    const c = f.local('i32');
    f.loop((again) => {
      f.set(step, i32.add(steps, i32.mul(index, STEP_BYTES)));
      f.if(i32.eq(i32.load(step, KIND), TASK), () => {
        f.for(c, 0, i32.load(step, CHUNKS), 1, () => f.do(f.call(chunk, step, c, 0)));
        nextIndex(f, index, step);
        f.br(again);
      });
    });
    f.result(index);
  });
}
