/* Straightforward training loops in C for dense nets of two or three layers, sizes fixed when compiled.
   -DL=2|3 -DS0=.. -DS1=.. -DS2=.. [-DS3=..] -DBATCH=.. -DACT= -DOUT= (0 linear 1 tanh 2 relu 3 softmax)
   -DLOSS= (0 sum of squares, 1 mean of squares, 2 mean cross-entropy) -DADAM=0|1 -DREAL=float|double
   Rows are samples. Parameters lie in one vector W1 b1 W2 b2 ... */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

#define N BATCH
#if L == 2
#define SL S2
#define NP (S0*S1+S1+S1*S2+S2)
#else
#define SL S3
#define NP (S0*S1+S1+S1*S2+S2+S2*S3+S3)
#endif
#define INLINE static inline __attribute__((always_inline))
#ifdef __AVX512F__
#define WIDE 64
#else
#define WIDE 32
#endif
#define LANES (WIDE / (int) sizeof(REAL))
#define COLS (2 * LANES)
#define ROWS 4
typedef REAL vec __attribute__((vector_size(WIDE)));
typedef REAL uvec __attribute__((vector_size(WIDE), aligned(sizeof(REAL))));
#define MAX2(a, b) ((a) > (b) ? (a) : (b))
#define DEEP MAX2(MAX2(S0, S1), MAX2(MAX2(S2, SL), N))

/* C[n,m] = (bias or 0) + A[n,k] B[k,m], with A(i,j) at A[i*ai + j*aj].
   A panel of B is copied; blocks of 4 rows by two vectors stay in registers. */
INLINE void product(const REAL *restrict A, int ai, int aj, const REAL *restrict B, const REAL *restrict bias,
                    REAL *restrict C, int n, int k, int m)
{
    if (m >= 8 && n % ROWS == 0 && k >= 8) {
        static REAL panel[DEEP * COLS] __attribute__((aligned(WIDE)));
        for (int j = 0; j < m; j += COLS) {
            int cols = m - j < COLS ? m - j : COLS;
            REAL start[COLS] __attribute__((aligned(WIDE))) = {0};
            if (bias) memcpy(start, bias + j, cols * sizeof(REAL));
            if (cols == COLS)
                for (int l = 0; l < k; l++) memcpy(panel + l * COLS, B + l * m + j, COLS * sizeof(REAL));
            else
                for (int l = 0; l < k; l++)
                    for (int c = 0; c < COLS; c++) panel[l * COLS + c] = c < cols ? B[l * m + j + c] : 0;
            for (int i = 0; i < n; i += ROWS) {
                const REAL *a = A + i * ai;
                vec s0 = *(vec *) start, t0 = *(vec *) (start + LANES);
                vec s1 = s0, t1 = t0, s2 = s0, t2 = t0, s3 = s0, t3 = t0;
                for (int l = 0; l < k; l++, a += aj) {
                    vec u = *(const vec *) (panel + l * COLS), v = *(const vec *) (panel + l * COLS + LANES);
                    s0 += a[0] * u, t0 += a[0] * v;
                    s1 += a[ai] * u, t1 += a[ai] * v;
                    s2 += a[2 * ai] * u, t2 += a[2 * ai] * v;
                    s3 += a[3 * ai] * u, t3 += a[3 * ai] * v;
                }
                REAL *c = C + i * m + j;
                if (cols == COLS) {
                    *(uvec *) c = s0, *(uvec *) (c + LANES) = t0, c += m;
                    *(uvec *) c = s1, *(uvec *) (c + LANES) = t1, c += m;
                    *(uvec *) c = s2, *(uvec *) (c + LANES) = t2, c += m;
                    *(uvec *) c = s3, *(uvec *) (c + LANES) = t3;
                } else {
                    vec out[8] = {s0, t0, s1, t1, s2, t2, s3, t3};
                    for (int r = 0; r < ROWS; r++) memcpy(c + r * m, out + 2 * r, cols * sizeof(REAL));
                }
            }
        }
    } else if (m == 1) {
        for (int i = 0; i < n; i++) {
            REAL s = 0;
            for (int l = 0; l < k; l++) s += A[i * ai + l * aj] * B[l];
            C[i] = s + (bias ? bias[0] : 0);
        }
    } else if (k == 1) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++) C[i * m + j] = (bias ? bias[j] : 0) + A[i * ai] * B[j];
    } else {
        for (int i = 0; i < n; i++) {
            REAL s[m];
            for (int j = 0; j < m; j++) s[j] = bias ? bias[j] : 0;
            for (int l = 0; l < k; l++) {
                REAL a = A[i * ai + l * aj];
                for (int j = 0; j < m; j++) s[j] += a * B[l * m + j];
            }
            for (int j = 0; j < m; j++) C[i * m + j] = s[j];
        }
    }
}

/* gradients of a layer: dW[k,m] = X' G, db[m] = column sums of G */
INLINE void weights(const REAL *restrict X, const REAL *restrict G, REAL *restrict dW, REAL *restrict db, int n,
                    int k, int m)
{
    if (m == 1) { /* columns of X in registers */
        REAL s = 0;
        for (int i = 0; i < n; i++) s += G[i];
        db[0] = s;
        int l = 0;
        for (; l + 4 * LANES <= k; l += 4 * LANES) {
            vec w[4] = {};
            for (int i = 0; i < n; i++)
                for (int c = 0; c < 4; c++) w[c] += G[i] * *(const uvec *) (X + i * k + l + c * LANES);
            for (int c = 0; c < 4; c++) *(uvec *) (dW + l + c * LANES) = w[c];
        }
        for (; l < k; l++) {
            REAL t = 0;
            for (int i = 0; i < n; i++) t += X[i * k + l] * G[i];
            dW[l] = t;
        }
    } else if (k <= 4) { /* columns of G in registers */
        int j = 0;
        for (; j + 2 * LANES <= m; j += 2 * LANES) {
            vec b0 = {}, b1 = {}, w0[4] = {}, w1[4] = {};
            for (int i = 0; i < n; i++) {
                vec g0 = *(const uvec *) (G + i * m + j), g1 = *(const uvec *) (G + i * m + j + LANES);
                b0 += g0, b1 += g1;
                for (int l = 0; l < k; l++) w0[l] += X[i * k + l] * g0, w1[l] += X[i * k + l] * g1;
            }
            *(uvec *) (db + j) = b0, *(uvec *) (db + j + LANES) = b1;
            for (int l = 0; l < k; l++)
                *(uvec *) (dW + l * m + j) = w0[l], *(uvec *) (dW + l * m + j + LANES) = w1[l];
        }
        for (; j < m; j++) {
            REAL t = 0, w[4] = {0};
            for (int i = 0; i < n; i++) {
                t += G[i * m + j];
                for (int l = 0; l < k; l++) w[l] += X[i * k + l] * G[i * m + j];
            }
            db[j] = t;
            for (int l = 0; l < k; l++) dW[l * m + j] = w[l];
        }
    } else if (k * m <= 64) {
        REAL w[k * m], b[m];
        memset(w, 0, sizeof w);
        memset(b, 0, sizeof b);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < m; j++) b[j] += G[i * m + j];
            for (int l = 0; l < k; l++)
                for (int j = 0; j < m; j++) w[l * m + j] += X[i * k + l] * G[i * m + j];
        }
        memcpy(dW, w, sizeof w);
        memcpy(db, b, sizeof b);
    } else {
        product(X, 1, k, G, NULL, dW, k, n, m);
        for (int j = 0; j < m; j++) db[j] = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++) db[j] += G[i * m + j];
    }
}

/* D[n,k] = G[n,m] W[k,m]' times the derivative of the activation whose values are A[n,k] */
INLINE void back(const REAL *restrict G, const REAL *restrict W, const REAL *restrict A, REAL *restrict D, int n,
                 int k, int m)
{
    static REAL T[S1 > SL ? (L == 3 ? S1 * S2 : S1 * SL) + SL * S1 : S1 * SL + S1 * S2];
    if (m > 1)
        for (int j = 0; j < k; j++)
            for (int l = 0; l < m; l++) T[l * k + j] = W[j * m + l];
    product(G, m, 1, m > 1 ? T : W, NULL, D, n, m, k);
    for (int i = 0; i < n * k; i++)
        D[i] = ACT == 1 ? D[i] * (1 - A[i] * A[i]) : ACT == 2 ? (A[i] > 0 ? D[i] : 0) : D[i];
}

INLINE void activate(REAL *restrict Z, int n, int kind)
{
    #pragma omp simd
    for (int i = 0; i < n; i++) Z[i] = kind == 1 ? tanh(Z[i]) : kind == 2 ? (Z[i] > 0 ? Z[i] : 0) : Z[i];
}

#if L == 2 && S2 == 1 && S0 <= 4
/* One hidden layer and one output: a sample's row stays in cache from its forward pass to its gradients.
   Returns the loss. */
INLINE REAL samples(const REAL *restrict x, const REAL *restrict y, const REAL *restrict W1, const REAL *restrict c1,
                    const REAL *restrict W2, REAL c2, REAL *restrict g)
{
    const REAL f = LOSS == 0 ? (REAL) 2 : (REAL) 2 / N;
    REAL a[S1], loss = 0, *dW1 = g, *dc1 = g + S0 * S1, *dW2 = dc1 + S1, *dc2 = dW2 + S1;
    memset(g, 0, NP * sizeof(REAL));
    for (int i = 0; i < N; i++, x += S0) {
        REAL o = c2;
        for (int j = 0; j < S1; j++) {
            REAL z = c1[j];
            for (int l = 0; l < S0; l++) z += x[l] * W1[l * S1 + j];
            a[j] = ACT == 1 ? tanh(z) : ACT == 2 ? (z > 0 ? z : 0) : z;
            o += a[j] * W2[j];
        }
        o = OUT == 1 ? tanh(o) : OUT == 2 ? (o > 0 ? o : 0) : o;
        REAL d = o - y[i];
        loss += d * d;
        d *= f;
        d = OUT == 1 ? d * (1 - o * o) : OUT == 2 ? (o > 0 ? d : 0) : d;
        dc2[0] += d;
        for (int j = 0; j < S1; j++) {
            REAL e = d * W2[j];
            e = ACT == 1 ? e * (1 - a[j] * a[j]) : ACT == 2 ? (a[j] > 0 ? e : 0) : e;
            dW2[j] += d * a[j];
            dc1[j] += e;
            for (int l = 0; l < S0; l++) dW1[l * S1 + j] += x[l] * e;
        }
    }
    return LOSS == 1 ? loss / N : loss;
}
#endif

/* idx: the rows of each of ``cycle`` batches; NULL takes blocks of rows in turn */
void train(REAL *p, const REAL *X, const REAL *Y, const int *idx, long cycle, long steps, double rate, REAL *losses)
{
    REAL *W1 = p, *c1 = W1 + S0 * S1, *W2 = c1 + S1, *c2 = W2 + S1 * S2;
#if L == 3
    REAL *W3 = c2 + S2, *c3 = W3 + S2 * S3;
#endif
    static REAL bx[N * S0], by[N * SL], A1[N * S1], A2[N * S2], g[NP], G1[N * S1], G2[N * S2];
    static REAL A3[N * SL], G3[N * SL];
    static REAL mom[NP], var[NP];
    memset(mom, 0, sizeof mom);
    memset(var, 0, sizeof var);
    REAL *O = L == 2 ? A2 : A3, *GO = L == 2 ? G2 : G3, lr = rate;
    double p1 = 1, p2 = 1;
    for (long t = 0, s = 0; t < steps; t++, s = s + 1 == cycle ? 0 : s + 1) {
        const REAL *x = X + (idx ? 0 : s * N * S0), *y = Y + (idx ? 0 : s * N * SL);
        if (idx) {
            for (int i = 0; i < N; i++) {
                memcpy(bx + i * S0, X + (long) idx[s * N + i] * S0, S0 * sizeof(REAL));
                memcpy(by + i * SL, Y + (long) idx[s * N + i] * SL, SL * sizeof(REAL));
            }
            x = bx, y = by;
        }
#if L == 2 && S2 == 1 && S0 <= 4
        losses[t] = samples(x, y, W1, c1, W2, c2[0], g);
        (void) G1, (void) G2, (void) O, (void) GO, (void) A1, (void) A2, (void) A3, (void) G3;
#else
        product(x, S0, 1, W1, c1, A1, N, S0, S1);
        activate(A1, N * S1, ACT);
        product(A1, S1, 1, W2, c2, A2, N, S1, S2);
#if L == 3
        activate(A2, N * S2, ACT);
        product(A2, S2, 1, W3, c3, A3, N, S2, S3);
#endif
        REAL loss = 0;
        if (LOSS == 2) {
            for (int i = 0; i < N; i++) {
                REAL top = O[i * SL], sum = 0, e[SL];
                for (int j = 1; j < SL; j++) top = O[i * SL + j] > top ? O[i * SL + j] : top;
                for (int j = 0; j < SL; j++) sum += e[j] = exp(O[i * SL + j] - top);
                REAL ls = log(sum), inv = 1 / sum;
                for (int j = 0; j < SL; j++) {
                    loss -= y[i * SL + j] * (O[i * SL + j] - top - ls);
                    GO[i * SL + j] = (e[j] * inv - y[i * SL + j]) * ((REAL) 1 / N);
                }
            }
            loss /= N;
        } else {
            const REAL f = LOSS == 0 ? (REAL) 2 : (REAL) 2 / (N * SL);
            activate(O, N * SL, OUT);
            for (int i = 0; i < N * SL; i++) {
                REAL d = O[i] - y[i];
                loss += d * d;
                d *= f;
                GO[i] = OUT == 1 ? d * (1 - O[i] * O[i]) : OUT == 2 ? (O[i] > 0 ? d : 0) : d;
            }
            if (LOSS == 1) loss /= N * SL;
        }
        losses[t] = loss;
#if L == 3
        weights(A2, GO, g + (W3 - p), g + (c3 - p), N, S2, S3);
        back(GO, W3, A2, G2, N, S2, S3);
#endif
        weights(A1, G2, g + (W2 - p), g + (c2 - p), N, S1, S2);
        back(G2, W2, A1, G1, N, S1, S2);
        weights(x, G1, g + (W1 - p), g + (c1 - p), N, S0, S1);
#endif
        if (ADAM) {
            p1 *= 0.9, p2 *= 0.999;
            const REAL a = 1 / (1 - p1), b = 1 / (1 - p2), k1 = 0.9, k2 = 0.999;
            const REAL o1 = 1 - 0.9, o2 = 1 - 0.999, eps = 1e-8;
            for (int i = 0; i < NP; i++) {
                mom[i] = k1 * mom[i] + o1 * g[i];
                var[i] = k2 * var[i] + o2 * g[i] * g[i];
                p[i] -= lr * (mom[i] * a) / (sqrt(var[i] * b) + eps);
            }
        } else
            for (int i = 0; i < NP; i++) p[i] -= lr * g[i];
    }
}
