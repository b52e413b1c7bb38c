import type { Row } from './report';

/** One page of benchmarks. */
export interface Part {
  readonly title: string;
  readonly about: string;
  /** Packages whose versions belong beside the figures. */
  readonly packages: readonly string[];
  run(print: (line: string) => void): Promise<Row[]>;
}
