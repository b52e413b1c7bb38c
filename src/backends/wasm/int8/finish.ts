import { type FunctionBuilder, i32, type Local, v128 } from '../assembler/index';
import { type Pair, type Requantizer, storeEight } from './requantize';

type I32 = Local<'i32'>;

/** Where sums of neighbouring columns of one row lie, and where their bytes go. */
export interface SumRow {
  /** Of the first one; used up. Reads eight at a time. */
  readonly sums: I32;
  /** Where the byte of column 0 would be. */
  readonly out: I32;
  /** The first column, and the one after the last. */
  readonly first: I32;
  readonly end: I32;
}

/** What emits the requantising of a row of sums. */
export function rowFinisher(f: FunctionBuilder, requantizer: Requantizer): (row: SumRow) => void {
  const sum = f.locals('v128', 2) as Pair;
  const j = f.local('i32');
  return ({ sums, out, first, end }) => {
    f.for(j, first, end, 8, () => {
      requantizer.select(j);
      sum.forEach((half, v) => f.set(half, v128.load(sums, 16 * v)));
      requantizer.eitherWay((general) => requantizer.eight([sum], general));
      storeEight(f, i32.add(out, j), sum[0], i32.sub(end, j));
      f.increment(sums, 32);
    });
  };
}
