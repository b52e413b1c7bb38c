/**
 * How many components the data have, by Minka's estimate: the rank whose evidence, Laplace's approximation of P(X | rank), is
 * greatest.
 *
 * Reference: Minka 2000, “Automatic Choice of Dimensionality for PCA”.
 *
 * @param spectrum - variances along all components, descending.
 */
export function inferDimension(spectrum: Float64Array, samples: number): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let rank = 1; rank < spectrum.length; rank++) {
    const evidence = logEvidence(spectrum, rank, samples);
    if (evidence > most) {
      most = evidence;
      best = rank;
    }
  }
  return best;
}

const TINY = 1e-15;

function logEvidence(spectrum: Float64Array, rank: number, samples: number): number {
  const d = spectrum.length;
  if (spectrum[rank - 1]! < TINY) return Number.NEGATIVE_INFINITY;
  let uniform = -rank * Math.LN2;
  let logs = 0;
  for (let i = 1; i <= rank; i++) {
    uniform += lnGammaHalf(d - i + 1) - (Math.log(Math.PI) * (d - i + 1)) / 2;
    logs += Math.log(spectrum[i - 1]!);
  }
  let rest = 0;
  for (let i = rank; i < d; i++) rest += spectrum[i]!;
  const noise = Math.max(TINY, rest / (d - rank));
  const free = d * rank - (rank * (rank + 1)) / 2;
  const prior = (Math.log(2 * Math.PI) * (free + rank)) / 2;
  let curvature = 0;
  for (let i = 0; i < rank; i++) {
    for (let j = i + 1; j < d; j++) {
      const other = j < rank ? spectrum[j]! : noise;
      curvature += Math.log((spectrum[i]! - spectrum[j]!) * (1 / other - 1 / spectrum[i]!)) + Math.log(samples);
    }
  }
  const fit = -(logs * samples) / 2 - (Math.log(noise) * samples * (d - rank)) / 2;
  return uniform + fit + prior - curvature / 2 - (rank * Math.log(samples)) / 2;
}

/** ln Γ(n / 2), by Γ(x + 1) = x·Γ(x) from Γ(½) = √π or Γ(1) = 1. */
function lnGammaHalf(n: number): number {
  let x = n % 2 === 0 ? 1 : 0.5;
  let sum = n % 2 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (; x < n / 2 - 0.25; x++) sum += Math.log(x);
  return sum;
}
