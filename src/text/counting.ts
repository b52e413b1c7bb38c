import { compareLabels } from '../data/labels';
import { CsrMatrix } from '../data/sparse';
import type { Analyze } from './analyzer';

/** Entries of a matrix of counts, row by row, that grow as texts are read; each row has a term once. */
class Counts {
  #terms = new Int32Array(1024);
  #counts = new Float64Array(1024);
  /** By term: the row it was seen in last, and the entry it has there. */
  #row = new Int32Array(256).fill(-1);
  #entry = new Int32Array(256);
  #length = 0;

  add(row: number, term: number, value = 1): void {
    if (term >= this.#row.length) this.#growTerms(term);
    if (this.#row[term] === row) {
      this.#counts[this.#entry[term]!]! += value;
      return;
    }
    if (this.#length === this.#terms.length) this.#growEntries();
    this.#row[term] = row;
    this.#entry[term] = this.#length;
    this.#terms[this.#length] = term;
    this.#counts[this.#length++] = value;
  }

  get length(): number {
    return this.#length;
  }

  /** The entries, with the terms numbered anew; those numbered −1 are left out. */
  matrix(indptr: Int32Array, number: Int32Array | null, columns: number): CsrMatrix {
    const rows = indptr.length - 1;
    const byTerm = new Int32Array(columns + 1);
    const renumbered = this.#terms.subarray(0, this.#length);
    if (number !== null) for (let e = 0; e < renumbered.length; e++) renumbered[e] = number[renumbered[e]!]!;
    for (const term of renumbered) if (term >= 0) byTerm[term + 1]!++;
    for (let c = 0; c < columns; c++) byTerm[c + 1]! += byTerm[c]!;
    // By columns and back: entries end in the order of columns in every row, in linear time.
    const nnz = byTerm[columns]!;
    const row = new Int32Array(nnz);
    const value = new Float64Array(nnz);
    const next = byTerm.slice();
    const kept = new Int32Array(rows + 1);
    for (let r = 0; r < rows; r++) {
      for (let e = indptr[r]!; e < indptr[r + 1]!; e++) {
        const term = renumbered[e]!;
        if (term < 0) continue;
        kept[r + 1]!++;
        row[next[term]!] = r;
        value[next[term]!++] = this.#counts[e]!;
      }
    }
    for (let r = 0; r < rows; r++) kept[r + 1]! += kept[r]!;
    const indices = new Int32Array(nnz);
    const data = new Float64Array(nnz);
    const place = kept.slice();
    for (let c = 0; c < columns; c++) {
      for (let e = byTerm[c]!; e < byTerm[c + 1]!; e++) {
        const to = place[row[e]!]!++;
        indices[to] = c;
        data[to] = value[e]!;
      }
    }
    return new CsrMatrix({ data, indices, indptr: kept, shape: [rows, columns] });
  }

  #growTerms(term: number): void {
    const grown = new Int32Array(Math.max(term + 1, this.#row.length * 2)).fill(-1);
    grown.set(this.#row);
    this.#row = grown;
    const entries = new Int32Array(grown.length);
    entries.set(this.#entry);
    this.#entry = entries;
  }

  #growEntries(): void {
    const terms = new Int32Array(this.#terms.length * 2);
    terms.set(this.#terms);
    this.#terms = terms;
    const counts = new Float64Array(terms.length);
    counts.set(this.#counts);
    this.#counts = counts;
  }
}

/** How often each term is in each text, for terms that are known: a term that is not is left out. */
export function countKnown(
  texts: readonly string[],
  analyze: Analyze,
  vocabulary: ReadonlyMap<string, number>,
): CsrMatrix {
  return countBy(texts, analyze, (term) => vocabulary.get(term), vocabulary.size);
}

/** How often each term is in each text; `indexOf` numbers terms below `columns`. */
export function countBy(
  texts: readonly string[],
  analyze: Analyze,
  indexOf: (term: string) => number | undefined,
  columns: number,
): CsrMatrix {
  const counts = new Counts();
  const indptr = new Int32Array(texts.length + 1);
  for (let r = 0; r < texts.length; r++) {
    for (const term of analyze(texts[r]!)) {
      const at = indexOf(term);
      if (at !== undefined) counts.add(r, at);
    }
    indptr[r + 1] = counts.length;
  }
  return counts.matrix(indptr, null, columns);
}

/** How often each term is in each text, and the terms, by code point. */
export function countNew(
  texts: readonly string[],
  analyze: Analyze,
  choose: (counts: TermCounts) => (term: number) => boolean,
): { X: CsrMatrix; terms: string[] } {
  const seen = new Map<string, number>();
  const counts = new Counts();
  const indptr = new Int32Array(texts.length + 1);
  for (let r = 0; r < texts.length; r++) {
    for (const term of analyze(texts[r]!)) {
      let at = seen.get(term);
      if (at === undefined) {
        at = seen.size;
        seen.set(term, at);
      }
      counts.add(r, at);
    }
    indptr[r + 1] = counts.length;
  }
  const sorted = sortTerms([...seen.keys()]);
  const number = new Int32Array(seen.size);
  sorted.forEach((term, i) => {
    number[seen.get(term)!] = i;
  });
  const X = counts.matrix(indptr, number, sorted.length);
  const keep = choose(termCounts(X));
  const kept = Array.from(sorted.keys()).filter(keep);
  if (kept.length === sorted.length) return { X, terms: sorted };
  return { X: pickColumns(X, kept), terms: kept.map((i) => sorted[i]!) };
}

/** In how many texts each term is, and how often in all. */
export interface TermCounts {
  readonly inTexts: Int32Array;
  readonly inAll: Float64Array;
}

/** Counts by column of a matrix of counts. */
export function termCounts(X: CsrMatrix): TermCounts {
  const inTexts = new Int32Array(X.shape[1]);
  const inAll = new Float64Array(X.shape[1]);
  for (let e = 0; e < X.nnz; e++) {
    inTexts[X.indices[e]!]!++;
    inAll[X.indices[e]!]! += X.data[e]!;
  }
  return { inTexts, inAll };
}

/** Terms by code point. UTF-16 units, by which JavaScript sorts, are those where no term has a character of two. */
export function sortTerms(terms: string[]): string[] {
  return terms.some((term) => /[\ud800-\udfff]/.test(term)) ? terms.sort(compareLabels) : terms.sort();
}

/** Some columns, which ascend. */
function pickColumns(X: CsrMatrix, columns: readonly number[]): CsrMatrix {
  const number = new Int32Array(X.shape[1]).fill(-1);
  columns.forEach((c, i) => {
    number[c] = i;
  });
  const indptr = new Int32Array(X.shape[0] + 1);
  const indices = new Int32Array(X.nnz);
  const data = new Float64Array(X.nnz);
  let n = 0;
  for (let r = 0; r < X.shape[0]; r++) {
    for (let e = X.indptr[r]!; e < X.indptr[r + 1]!; e++) {
      const c = number[X.indices[e]!]!;
      if (c < 0) continue;
      indices[n] = c;
      data[n++] = X.data[e]!;
    }
    indptr[r + 1] = n;
  }
  return new CsrMatrix({
    data: data.slice(0, n),
    indices: indices.slice(0, n),
    indptr,
    shape: [X.shape[0], columns.length],
  });
}
