/** Which runs are neighbours in memory: the lanes of a step, the steps of a lane, or it isn't known. */
export type Neighbours = 'lanes' | 'steps' | 'any';

export function neighboursIn(laneStride: number, kStride: number, bytes: 4 | 8): Neighbours {
  if (bytes === 8) return laneStride === bytes ? 'lanes' : 'any';
  if (kStride === bytes) return 'steps';
  return laneStride === bytes ? 'lanes' : 'any';
}

/** What is known of what is packed, if anything is. */
export interface PackCase {
  readonly neighbours: Neighbours;
  /** Whether lanes fill the last panel. */
  readonly whole: boolean;
}
