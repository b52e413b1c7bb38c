/** The class with most votes of the pairs, the first of equals; a positive decision is a vote for the first of its pair. */
export function mostVotes(decisions: Float64Array, classes: number): number {
  const votes = new Int32Array(classes);
  let pair = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++) votes[decisions[pair++]! > 0 ? a : b]!++;
  }
  let best = 0;
  for (let c = 1; c < classes; c++) if (votes[c]! > votes[best]!) best = c;
  return best;
}

/**
 * One score per class from the decisions of the pairs: its votes, and between classes with as many votes the sum of its
 * decisions, squeezed into (−⅓, ⅓) so that it can't outweigh a vote.
 */
export function scoresOfPairs(decisions: Float64Array, classes: number, out: Float64Array): void {
  const confidence = new Float64Array(classes);
  out.fill(0);
  let pair = 0;
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++) {
      const d = decisions[pair++]!;
      confidence[a]! += d;
      confidence[b]! -= d;
      // A decision of 0 is a vote for the first here and for the second in `mostVotes`, as in scikit-learn.
      out[d < 0 ? b : a]!++;
    }
  }
  for (let c = 0; c < classes; c++) out[c]! += confidence[c]! / (3 * (Math.abs(confidence[c]!) + 1));
}
