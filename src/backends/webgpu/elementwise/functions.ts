/**
 * Functions in WGSL that kernels call, by name. WGSL's own are only required to be near (sine and cosine to 2^-11) and may
 * take it that there is no NaN and no infinity; these are within a few units in the last place and say by its bits what is
 * a number. Coefficients and bounds are those of the WASM backend.
 */
const SOURCES: Readonly<Record<string, string>> = {
  NAN_BITS: 'var<private> NAN_BITS: u32 = 0x7fc00000u;',
  INF_BITS: 'var<private> INF_BITS: u32 = 0x7f800000u;',
  k_nan: 'fn k_nan() -> f32 { return bitcast<f32>(NAN_BITS); }',
  k_inf: 'fn k_inf() -> f32 { return bitcast<f32>(INF_BITS); }',
  k_is_nan: 'fn k_is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }',
  k_is_finite: 'fn k_is_finite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u; }',
  k_is_infinite: 'fn k_is_infinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }',
  k_max: 'fn k_max(a: f32, b: f32) -> f32 { return select(max(a, b), a + b, k_is_nan(a) || k_is_nan(b)); }',
  k_min: 'fn k_min(a: f32, b: f32) -> f32 { return select(min(a, b), a + b, k_is_nan(a) || k_is_nan(b)); }',
  k_sign: 'fn k_sign(x: f32) -> f32 { return select(select(x, -1.0, x < 0.0), 1.0, x > 0.0); }',
  k_sqrt: 'fn k_sqrt(x: f32) -> f32 { return select(sqrt(x), k_nan(), x < 0.0); }',
  k_rsqrt: 'fn k_rsqrt(x: f32) -> f32 { return 1.0 / k_sqrt(x); }',
  k_power2: 'fn k_power2(n: f32) -> f32 { return bitcast<f32>((i32(n) + 127) << 23u); }',
  /** n and exp(r) − 1 where x = n·ln 2 + r. */
  k_reduce_exp: `fn k_reduce_exp(x: f32, low: f32) -> vec2<f32> {
  let n = round((x + low) * 1.4426950408889634);
  let r = (x - n * 0.693359375) - (n * -2.12194440054690583e-4 - low);
  let rest = 0.5 + r * (0.166665092 + r * (0.0416661762 + r * (0.00837000646 + r * 0.00139524264)));
  return vec2<f32>(n, r + r * r * rest);
}`,
  k_exp: `fn k_exp(x: f32) -> f32 {
  let nr = k_reduce_exp(clamp(x, -104.0, 89.0), 0.0);
  let half = floor(nr.x * 0.5);
  return select((nr.y + 1.0) * k_power2(half) * k_power2(nr.x - half), x, k_is_nan(x));
}`,
  k_expm1: `fn k_expm1(x: f32) -> f32 {
  if (abs(x) > 40.0 || k_is_nan(x)) { return k_exp(x) - 1.0; }
  let nr = k_reduce_exp(x, 0.0);
  let power = k_power2(nr.x);
  return power * nr.y + (power - 1.0);
}`,
  k_log: `fn k_log(x: f32) -> f32 {
  if (k_is_nan(x) || x < 0.0) { return k_nan(); }
  if (x == 0.0) { return -k_inf(); }
  if (k_is_infinite(x)) { return x; }
  let tiny = x < 1.1754944e-38;
  let bits = bitcast<i32>(select(x, x * 33554432.0, tiny));
  let shifted = (bits - 0x3f3504f3) >> 23u;
  let f = bitcast<f32>(bits - (shifted << 23u)) - 1.0;
  let k = f32(shifted) - select(0.0, 25.0, tiny);
  let s = f / (f + 2.0);
  let z = s * s;
  let series = z * (0.6666666667 + z * (0.4 + z * (0.2857142857 + z * 0.2222222222)));
  let half = f * f * 0.5;
  return k * 0.693359375 + (f - (half - (s * (half + series) + k * -2.12194440054690583e-4)));
}`,
  k_log1p: `fn k_log1p(x: f32) -> f32 {
  if (x > -0.29 && x < 0.41) {
    let s = x / (x + 2.0);
    let z = s * s;
    let series = z * (0.6666666667 + z * (0.4 + z * (0.2857142857 + z * 0.2222222222)));
    let half = x * x * 0.5;
    return x - (half - s * (half + series));
  }
  return k_log(1.0 + x);
}`,
  k_pow: `fn k_pow(x: f32, y: f32) -> f32 {
  let a = abs(x);
  if (y == 0.0 || x == 1.0 || (a == 1.0 && k_is_infinite(y))) { return 1.0; }
  if (k_is_nan(x) || k_is_nan(y)) { return k_nan(); }
  let whole = floor(y) == y;
  if (x < 0.0 && !whole && !k_is_infinite(x)) { return k_nan(); }
  let odd = whole && abs(y) < 16777216.0 && floor(y * 0.5) != y * 0.5;
  let value = k_exp(y * k_log(a));
  return select(value, -value, odd && (bitcast<u32>(x) >> 31u) == 1u);
}`,
  k_ipow: `fn k_ipow(a: i32, b: i32) -> i32 {
  if (b < 0) { return select(select(0, select(-1, 1, (b & 1) == 0), a == -1), 1, a == 1); }
  var result = 1;
  var base = a;
  for (var rest = b; rest > 0; rest = rest >> 1u) {
    if ((rest & 1) == 1) { result = result * base; }
    base = base * base;
  }
  return result;
}`,
  /** The remainder with the sign of the divisor, exact for quotients of any size. */
  k_mod: `fn k_mod(a: f32, b: f32) -> f32 {
  if (k_is_nan(a) || k_is_nan(b) || k_is_infinite(a) || b == 0.0) { return k_nan(); }
  let d = abs(b);
  var rest = abs(a);
  if (!k_is_infinite(b)) {
    while (rest >= d) {
      let steps = i32((bitcast<u32>(rest) >> 23u) & 255u) - i32((bitcast<u32>(d) >> 23u) & 255u);
      // In two factors, each a number that exists.
      var part = d * k_power2(f32(steps / 2)) * k_power2(f32(steps - steps / 2));
      if (part > rest) { part = part * 0.5; }
      rest = rest - max(part, d);
    }
  }
  let r = select(rest, -rest, a < 0.0);
  if (r == 0.0) { return select(0.0, -0.0, b < 0.0); }
  return select(r, r + b, (r < 0.0) != (b < 0.0));
}`,
  k_imod: `fn k_imod(a: i32, b: i32) -> i32 {
  if (b == 0 || b == -1) { return 0; }
  let r = a % b;
  return select(r, r + b, r != 0 && (r < 0) != (b < 0));
}`,
  /** To an integer as typed arrays do: toward zero, modulo 2^32, and 0 where it is none. */
  k_to_i32: `fn k_to_i32(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let e = i32((bits >> 23u) & 255u) - 150;
  if (e < 7) { return i32(x); }
  let m = i32((bits & 0x7fffffu) | 0x800000u);
  let value = select(0, m << u32(e & 31), e < 32);
  return select(value, -value, (bits >> 31u) == 1u);
}`,
  TWO_OVER_PI:
    'const TWO_OVER_PI = array<u32, 9>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u);',
  k_mul_wide: `fn k_mul_wide(a: u32, b: u32) -> vec2<u32> {
  let a0 = a & 0xffffu; let a1 = a >> 16u;
  let b0 = b & 0xffffu; let b1 = b >> 16u;
  let low = a0 * b0;
  let middle = a1 * b0 + (low >> 16u);
  let other = a0 * b1 + (middle & 0xffffu);
  return vec2<u32>((other << 16u) | (low & 0xffffu), a1 * b1 + (middle >> 16u) + (other >> 16u));
}`,
  /** r in [−π/4, π/4] and the quadrant k with x = k·π/2 + r, after Payne and Hanek: m·2^e times 94 bits of 2/π, modulo 4. */
  k_reduce_angle: `fn k_reduce_angle(x: f32, quadrant: ptr<function, u32>) -> f32 {
  *quadrant = 0u;
  let a = abs(x);
  if (a < 0.785) { return x; }
  if (!k_is_finite(x)) { return k_nan(); }
  let bits = bitcast<u32>(a);
  let m = (bits & 0x7fffffu) | 0x800000u;
  // The first bit that counts: what stands before it gives multiples of 4.
  let at = (bits >> 23u) - 120u;
  var table = TWO_OVER_PI;
  let word = at >> 5u;
  let shift = at & 31u;
  var w = vec3<u32>(table[word], table[word + 1u], table[word + 2u]);
  if (shift > 0u) {
    let next = vec3<u32>(table[word + 1u], table[word + 2u], table[word + 3u]);
    w = (w << vec3<u32>(shift)) | (next >> vec3<u32>(32u - shift));
  }
  let p2 = k_mul_wide(m, w.z);
  let p1 = k_mul_wide(m, w.y);
  let middle = p1.x + p2.y;
  let high = m * w.x + p1.y + select(0u, 1u, middle < p1.x);
  var k = high >> 30u;
  var f1 = (high << 2u) | (middle >> 30u);
  var f0 = (middle << 2u) | (p2.x >> 30u);
  let negative = (f1 >> 31u) == 1u;
  if (negative) {
    k = k + 1u;
    f0 = ~f0 + 1u;
    f1 = ~f1 + select(0u, 1u, f0 == 0u);
  }
  var zeros = countLeadingZeros(f1);
  var top = f1 << (zeros & 31u);
  if (zeros == 32u) { top = f0; } else if (zeros > 0u) { top = top | (f0 >> (32u - zeros)); }
  let size = f32(top) * bitcast<f32>((95u - zeros) << 23u) * 1.5707963267948966;
  *quadrant = select(k, 4u - k, x < 0.0) & 3u;
  return select(size, -size, negative != (x < 0.0));
}`,
  k_sin_near: `fn k_sin_near(r: f32) -> f32 {
  let z = r * r;
  return r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
}`,
  k_cos_near: `fn k_cos_near(r: f32) -> f32 {
  let z = r * r;
  return 1.0 - (0.5 * z - z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5)));
}`,
  k_sin: `fn k_sin(x: f32) -> f32 {
  var k = 0u;
  let r = k_reduce_angle(x, &k);
  let value = select(k_sin_near(r), k_cos_near(r), (k & 1u) == 1u);
  return select(value, -value, k >= 2u);
}`,
  k_cos: `fn k_cos(x: f32) -> f32 {
  var k = 0u;
  let r = k_reduce_angle(x, &k);
  let value = select(k_cos_near(r), k_sin_near(r), (k & 1u) == 1u);
  return select(value, -value, k == 1u || k == 2u);
}`,
  k_tan: `fn k_tan(x: f32) -> f32 {
  var k = 0u;
  let r = k_reduce_angle(x, &k);
  let s = k_sin_near(r);
  let c = k_cos_near(r);
  if ((k & 1u) == 1u) { return -c / s; }
  return s / c;
}`,
  /** The angle whose tangent is x ≥ 0. */
  k_atan_positive: `fn k_atan_positive(x: f32) -> f32 {
  var base = 0.0;
  var t = x;
  if (x > 2.414213562373095) {
    base = 1.5707963267948966;
    t = select(-1.0 / x, 0.0, k_is_infinite(x));
  } else if (x > 0.414213562373095) {
    base = 0.7853981633974483;
    t = (x - 1.0) / (x + 1.0);
  }
  let z = t * t;
  return base + (((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1) * z * t + t;
}`,
  k_atan: `fn k_atan(x: f32) -> f32 {
  let y = k_atan_positive(abs(x));
  return select(y, -y, x < 0.0);
}`,
  k_asin: `fn k_asin(x: f32) -> f32 {
  let a = abs(x);
  if (a == 1.0) { return x * 1.5707963267948966; }
  let y = k_atan_positive(a / k_sqrt((1.0 - a) * (1.0 + a)));
  return select(y, -y, x < 0.0);
}`,
  k_acos: `fn k_acos(x: f32) -> f32 {
  if (x == -1.0) { return 3.141592653589793; }
  if (abs(x) > 1.0) { return k_nan(); }
  return 2.0 * k_atan_positive(k_sqrt((1.0 - x) / (1.0 + x)));
}`,
  k_atan2: `fn k_atan2(y: f32, x: f32) -> f32 {
  if (k_is_nan(x) || k_is_nan(y)) { return k_nan(); }
  let a = abs(y);
  let b = abs(x);
  var angle = 0.0;
  if (a == b && a > 0.0) { angle = 0.7853981633974483; }
  else if (k_is_infinite(a) || b == 0.0) { angle = select(1.5707963267948966, 0.0, a == 0.0); }
  // The smaller over the larger: the other quotient may be more than any number.
  else if (a > b) { angle = 1.5707963267948966 - k_atan_positive(b / a); }
  else if (a > 0.0 && !k_is_infinite(b)) { angle = k_atan_positive(a / b); }
  if ((bitcast<u32>(x) >> 31u) == 1u) { angle = 3.141592653589793 - angle; }
  return select(angle, -angle, (bitcast<u32>(y) >> 31u) == 1u);
}`,
  k_sinh: `fn k_sinh(x: f32) -> f32 {
  let a = abs(x);
  var y = 0.0;
  if (a > 40.0) {
    let e = k_exp(a * 0.5);
    y = (0.5 * e) * e;
  } else {
    let t = k_expm1(a);
    y = 0.5 * (t + t / (t + 1.0));
  }
  return select(y, -y, x < 0.0);
}`,
  k_cosh: `fn k_cosh(x: f32) -> f32 {
  let e = k_exp(abs(x) * 0.5);
  return (0.5 * e) * e + (0.5 / e) / e;
}`,
  k_tanh: `fn k_tanh(x: f32) -> f32 {
  if (k_is_nan(x)) { return x; }
  let a = abs(x);
  let z = a * a;
  if (a < 0.625) {
    return x + x * z * (-3.33332819422e-1 + z * (1.33314422036e-1 + z * (-5.37397155531e-2 + z * (2.06390887954e-2 + z * -5.70498872745e-3))));
  }
  let nr = k_reduce_exp(min(a + a, 20.0), 0.0);
  let power = k_power2(nr.x);
  let y = 1.0 - 2.0 / ((power + 1.0) + nr.y * power);
  return select(y, -y, x < 0.0);
}`,
  k_sigmoid: `fn k_sigmoid(x: f32) -> f32 {
  let e = k_exp(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}`,
  k_softplus: `fn k_softplus(x: f32) -> f32 { return k_max(x, 0.0) + k_log1p(k_exp(-abs(x))); }`,
  k_erf: `fn k_erf(x: f32) -> f32 {
  if (k_is_nan(x)) { return x; }
  let a = min(abs(x), 4.0);
  if (a < 0.9) {
    let z = a * a;
    return x + x * (0.128379151 + z * (-0.376125336 + z * (0.112822302 + z * (-0.0267819576 + z * (0.00501622865 + z * -0.000611129391)))));
  }
  let slope = 1.12852144 + a * (0.635694861 + a * (0.105292201 + a * (-0.0229090936 + a * (0.00322082359 + a * -0.000214685933))));
  let y = 1.0 - k_exp(-(a * slope));
  return select(y, -y, x < 0.0);
}`,
  k_gelu: `fn k_gelu(x: f32) -> f32 {
  if (k_is_nan(x) || (k_is_infinite(x) && x < 0.0)) { return k_nan(); }
  let a = min(abs(x), 15.0);
  if (a < 0.74) {
    let z = x * x;
    return x * 0.5 + z * (0.398942292 + z * (-0.0664904863 + z * (0.00997319911 + z * (-0.00118262076 + z * 0.000103567989))));
  }
  let high = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let low = (a - high) * ((a + high) * -0.5);
  let nr = k_reduce_exp(high * high * -0.5, low);
  let t = (a - 1.5) / (a + 2.5);
  let slope = t * (0.281495005 + t * (-0.318360448 + t * (0.134030238 + t * (0.0178197287 + t * (-0.0238211937 +
    t * (-0.00693159597 + t * (0.00345334364 + t * (0.00491526397 + t * -0.00232930272))))))));
  let tail = 0.308670998 + (slope + (0.308670998 + slope) * nr.y);
  let half = floor(nr.x * 0.5);
  return max(x, 0.0) - tail * k_power2(half) * k_power2(nr.x - half);
}`,
};

/** Declarations of every function of ours that `text` calls, and of those that these call, in order. */
export function functionsFor(text: string): string {
  const wanted = new Set<string>();
  const visit = (part: string): void => {
    for (const [name] of part.matchAll(/\b(?:k_[a-z0-9_]+|NAN_BITS|INF_BITS|TWO_OVER_PI)\b/g)) {
      const source = SOURCES[name];
      if (source === undefined || wanted.has(name)) continue;
      wanted.add(name);
      visit(source);
    }
  };
  visit(text);
  return Object.entries(SOURCES)
    .flatMap(([name, source]) => (wanted.has(name) ? [source] : []))
    .join('\n');
}
