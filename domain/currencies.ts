/**
 * The currencies whose minor unit is not a hundredth, by the digits that ISO 4217 gives them. `Intl` is no source for
 * these: it follows what is usual in speech (0 for HUF, IDR and IQD), and it differs between versions of Node.js.
 */
const NOT_HUNDREDTHS: Record<number, string> = {
  0: `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XAG XAU XBA XBB XBC XBD XDR XOF XPD XPF XPT XSU XTS
    XUA XXX`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const digits = new Map(
  Object.entries(NOT_HUNDREDTHS).flatMap(([count, codes]) => codes.split(/\s+/).map((code) => [code, Number(count)])),
);

/** The decimal digits of a currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD. */
export const minorUnitDigits = (currency: string): number => digits.get(currency) ?? 2;
