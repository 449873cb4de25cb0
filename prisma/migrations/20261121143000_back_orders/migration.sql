ALTER TABLE "orders"."orders"
  ADD COLUMN "wakes" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "woken_at" TIMESTAMPTZ(3);

-- What Prisma's language cannot express.

ALTER TABLE "orders"."orders" ADD CONSTRAINT "orders_wakes_not_negative" CHECK ("wakes" >= 0);

-- What a reservation stored was the list of its parcels; now it says besides what was dropped, and the total.
UPDATE "orders"."saga_step" s
SET "result" = jsonb_build_object(
  'parcels', s."result",
  'dropped', '[]'::jsonb,
  'grand', jsonb_build_object('amount', o."grand", 'currency', o."currency"))
FROM "orders"."orders" o
WHERE o."id" = s."order_id" AND s."step" ~ '^reserve-stock(#|$)' AND jsonb_typeof(s."result") = 'array';
