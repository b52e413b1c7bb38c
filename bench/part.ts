import type { Row } from './results';

/** What a part is told. */
export interface PartContext {
  print(line: string): void;
  /** Whether contenders that take minutes are wanted too. */
  readonly full: boolean;
  /** Whether small work will do, to see that everything runs; nothing is kept then. */
  readonly quick: boolean;
}

/** One page of benchmarks. */
export interface Part {
  readonly title: string;
  readonly about: string;
  /** Packages whose versions belong beside the figures. */
  readonly packages: readonly string[];
  run(context: PartContext): Promise<Row[]>;
}
