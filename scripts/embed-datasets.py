#!/usr/bin/python3
"""Writes scikit-learn's iris, wine, breast cancer and digits sets as TypeScript modules in src/data/datasets.

Every value of these sets is a short decimal. A column is stored as whole numbers (value · 10^decimals), each a fixed
number of base-64 digits, column after column: exact, small after compression, and read back by a dozen lines.

Needs scikit-learn (Debian's python3-sklearn): `/usr/bin/python3 scripts/embed-datasets.py`, then `npm run format`.
"""
import pathlib
from decimal import Decimal

from sklearn import datasets

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
OUT = pathlib.Path(__file__).resolve().parent.parent / "src" / "data" / "datasets"

SETS = {
    "iris": (
        datasets.load_iris,
        "iris",
        "150 iris flowers of three species: length and width of sepals and petals, in cm.",
        "R. A. Fisher 1936, “The use of multiple measurements in taxonomic problems”; UCI Machine Learning Repository.",
    ),
    "wine": (
        datasets.load_wine,
        "wine",
        "178 wines from three cultivars of one region in Italy: 13 results of chemical analysis.",
        "M. Forina et al. 1988, PARVUS; UCI Machine Learning Repository.",
    ),
    "breast-cancer": (
        datasets.load_breast_cancer,
        "breastCancer",
        "569 breast masses, malignant (0) or benign (1): 30 measures of cell nuclei in a fine-needle aspirate, each as mean, "
        "standard error and mean of the three largest.",
        "W. N. Street, W. H. Wolberg, O. L. Mangasarian 1993, “Nuclear feature extraction for breast tumor diagnosis”; UCI "
        "Machine Learning Repository.",
    ),
    "digits": (
        datasets.load_digits,
        "digits",
        "1,797 handwritten digits as images of 8 × 8 pixels, each 0 (white) to 16 (black).",
        "E. Alpaydin, C. Kaynak 1998, Optical Recognition of Handwritten Digits; UCI Machine Learning Repository.",
    ),
}


def decimals_of(column):
    return max(max(0, -Decimal(repr(float(v))).normalize().as_tuple().exponent) for v in column)


def digits_of(number, width):
    out = ""
    for _ in range(width):
        out = ALPHABET[number % 64] + out
        number //= 64
    assert number == 0
    return out


def pack(X):
    decimals, widths, text = [], [], []
    for column in X.T:
        d = decimals_of(column)
        whole = [int(Decimal(repr(float(v))).scaleb(d)) for v in column]
        assert all(w / 10**d == v and w >= 0 for w, v in zip(whole, column))
        width = 1
        while 64**width <= max(whole):
            width += 1
        decimals.append(d)
        widths.append(width)
        text.append("".join(digits_of(w, width) for w in whole))
    return decimals, widths, "".join(text)


def quote(text):
    return "'" + text.replace("'", "\\'") + "'"


def listing(items):
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > 118:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*lines, line])


def write(name, load, function, what, source):
    bunch = load()
    decimals, widths, text = pack(bunch.data)
    rows, columns = bunch.data.shape
    assert columns == len(bunch.feature_names)
    # The classes are stored as base-64 digits too.
    target = "".join(ALPHABET[t] for t in bunch.target)
    names = listing(quote(str(n)) for n in bunch.feature_names)
    classes = ", ".join(quote(str(n)) for n in bunch.target_names)
    (OUT / f"{name}.ts").write_text(
        f"""/**
 * @license The {function} data as distributed by scikit-learn, Copyright (c) 2007-2022 The scikit-learn developers,
 * BSD-3-Clause: see the LICENSE file beside this module's source. Written by scripts/embed-datasets.py.
 */
import {{ type Dataset, unpack }} from './unpack';

/**
 * {what}
 *
 * @returns `X` `[{rows}, {columns}]`, `y` `[{rows}]` and the names; a fresh copy at every call.
 *
 * Source: {source}
 *
 * @example
 * ```ts
 * import {{ {function} }} from 'kompakt/data';
 * console.log({function}().X.shape); // → [ {rows}, {columns} ]
 * ```
 */
export function {function}(): Dataset {{
  return unpack({{
    rows: {rows},
    decimals: {decimals},
    widths: {widths},
    values: VALUES,
    target: TARGET,
    featureNames: FEATURES,
    targetNames: [{classes}],
    description: {quote(what + " Source: " + source)},
  }});
}}

// biome-ignore format: generated
const FEATURES: readonly string[] = [
{names}
];

// biome-ignore format: generated
const TARGET = '{target}';

// biome-ignore format: generated
const VALUES = '{text}';
"""
    )


for name, (load, function, what, source) in SETS.items():
    write(name, load, function, what, source)
