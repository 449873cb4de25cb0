-- When a sweep last looked at it: each sweep begins with what was looked at longest ago.
ALTER TABLE "orders"."orders" ADD COLUMN "swept_at" TIMESTAMPTZ(3);
ALTER TABLE "orders"."shipment" ADD COLUMN "swept_at" TIMESTAMPTZ(3);
ALTER TABLE "events"."message" ADD COLUMN "swept_at" TIMESTAMPTZ(3);
