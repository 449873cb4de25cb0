-- What orders are priced by, each from a day on. A row is never changed: a later one for the same day takes its place.
CREATE TABLE "catalogue"."shipping_price" (
    "id" BIGSERIAL NOT NULL,
    "currency" TEXT NOT NULL,
    "valid_from" DATE NOT NULL,
    "flat" BIGINT NOT NULL,
    "free_from" BIGINT,
    "actor_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shipping_price_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "catalogue"."tax_rate" (
    "id" BIGSERIAL NOT NULL,
    "country" TEXT NOT NULL,
    "valid_from" DATE NOT NULL,
    "basis_points" INTEGER NOT NULL,
    "actor_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tax_rate_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "shipping_price_currency_valid_from_id_idx" ON "catalogue"."shipping_price"("currency", "valid_from", "id");
CREATE INDEX "tax_rate_country_valid_from_id_idx" ON "catalogue"."tax_rate"("country", "valid_from", "id");

-- What Prisma's language cannot express.

ALTER TABLE "catalogue"."shipping_price"
  ADD CONSTRAINT "shipping_price_not_negative" CHECK ("flat" >= 0 AND "free_from" >= 0);
ALTER TABLE "catalogue"."tax_rate"
  ADD CONSTRAINT "tax_rate_a_share" CHECK ("basis_points" BETWEEN 0 AND 10000);

CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE ON "catalogue"."shipping_price"
  FOR EACH ROW EXECUTE FUNCTION "orders"."refuse_change"();
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE ON "catalogue"."tax_rate"
  FOR EACH ROW EXECUTE FUNCTION "orders"."refuse_change"();

-- Shipping in EUR, and the standard VAT rates; a country without a rate is an export, untaxed.
INSERT INTO "catalogue"."shipping_price" ("currency", "valid_from", "flat", "free_from", "actor_id")
VALUES ('EUR', '1970-01-01', 490, 5000, 'seed');

INSERT INTO "catalogue"."tax_rate" ("country", "valid_from", "basis_points", "actor_id")
SELECT country, '1970-01-01', basis_points, 'seed'
FROM (VALUES
  ('AT', 2000), ('BE', 2100), ('BG', 2000), ('CY', 1900), ('CZ', 2100), ('DE', 1900), ('DK', 2500), ('EE', 2400),
  ('ES', 2100), ('FI', 2550), ('FR', 2000), ('GR', 2400), ('HR', 2500), ('HU', 2700), ('IE', 2300), ('IT', 2200),
  ('LT', 2100), ('LU', 1700), ('LV', 2100), ('MT', 1800), ('NL', 2100), ('PL', 2300), ('PT', 2300), ('RO', 2100),
  ('SE', 2500), ('SI', 2200), ('SK', 2300)
) AS rate (country, basis_points);

-- The rates that an order was priced by. Until now they were the same for each, whatever its currency.
ALTER TABLE "orders"."orders"
  ADD COLUMN "shipping_flat" BIGINT NOT NULL DEFAULT 490,
  ADD COLUMN "shipping_free_from" BIGINT DEFAULT 5000,
  ADD COLUMN "tax_basis_points" INTEGER NOT NULL DEFAULT 0;

UPDATE "orders"."orders" o SET "tax_basis_points" = r."basis_points"
FROM "catalogue"."tax_rate" r WHERE r."country" = o."country";

ALTER TABLE "orders"."orders"
  ALTER COLUMN "shipping_flat" DROP DEFAULT,
  ALTER COLUMN "shipping_free_from" DROP DEFAULT,
  ALTER COLUMN "tax_basis_points" DROP DEFAULT;
