import type { Rates } from '../../domain/pricing';

/** The rates that a migrated database has for an order in EUR, with the tax of Germany unless told otherwise. */
export const euroRates = (taxBasisPoints = 1900): Rates => ({
  shippingFlat: 490,
  shippingFreeFrom: 5000,
  taxBasisPoints,
});
