-- A step's identity in columns; its name stays the key.
ALTER TABLE "orders"."saga_step"
  ADD COLUMN "kind" TEXT,
  ADD COLUMN "leg" INTEGER,
  ADD COLUMN "parcel" TEXT,
  ADD COLUMN "carrier" TEXT,
  ADD COLUMN "grant" INTEGER,
  ADD COLUMN "subject" TEXT,
  ADD COLUMN "late" BOOLEAN NOT NULL DEFAULT false;

UPDATE "orders"."saga_step" SET
  "kind" = split_part(split_part("step", '#', 1), '/', 1),
  "leg" = CASE WHEN split_part(split_part("step", '#', 1), '/', 1) IN ('reserve-stock', 'pack', 'book', 'drop')
    THEN coalesce(nullif(split_part("step", '#', 2), '')::int, 1) END,
  "parcel" = CASE WHEN split_part("step", '/', 1) IN ('pack', 'book', 'drop')
    THEN split_part(split_part("step", '#', 1), '/', 2) END,
  "grant" = CASE WHEN split_part("step", '#', 1) = 'authorise-payment'
    THEN coalesce(nullif(split_part("step", '#', 2), '')::int, 1) END,
  "subject" = CASE WHEN split_part("step", '/', 1) = 'refund' THEN substr("step", 8) END;

ALTER TABLE "orders"."saga_step" ALTER COLUMN "kind" SET NOT NULL;

-- What is still owed to a party.
CREATE INDEX "saga_step_undoing" ON "orders"."saga_step" ("undoing_at") WHERE "state" = 'undoing';

-- What tells a refund's step in the ledger from the order's other refunds.
ALTER TABLE "payments"."refund" ADD COLUMN "subject" TEXT;
ALTER TABLE "payments"."refund" DISABLE TRIGGER "check_refund";
UPDATE "payments"."refund" SET "subject" = substr("key", length("order_id" || '/refund/') + 1);
ALTER TABLE "payments"."refund" ENABLE TRIGGER "check_refund";
ALTER TABLE "payments"."refund" ALTER COLUMN "subject" SET NOT NULL;

-- A stuck step belongs to the run that waits for a person, and goes with it.
DELETE FROM "orders"."stuck_step" WHERE "resolved_at" IS NOT NULL;
ALTER TABLE "orders"."stuck_step"
  ADD COLUMN "workflow_id" TEXT,
  ADD COLUMN "run_id" TEXT NOT NULL DEFAULT '';
UPDATE "orders"."stuck_step" SET "workflow_id" = 'order-' || "order_id";
ALTER TABLE "orders"."stuck_step" ALTER COLUMN "workflow_id" SET NOT NULL;
CREATE INDEX "stuck_step_open" ON "orders"."stuck_step" ("since") WHERE "resolved_at" IS NULL;

-- When carriers are asked again, and the last status in which a sweep found the order's run to agree with the books.
ALTER TABLE "orders"."orders" ADD COLUMN "retry_at" TIMESTAMPTZ(3), ADD COLUMN "followed" TEXT;
CREATE INDEX "orders_not_at_rest" ON "orders"."orders" ("swept_at")
  WHERE "status" NOT IN ('delivered', 'returned', 'cancelled', 'rejected', 'expired', 'failed');

DROP INDEX "orders"."return_not_taken_up";
ALTER TABLE "orders"."return" DROP COLUMN "taken_up_at", ADD COLUMN "swept_at" TIMESTAMPTZ(3);
CREATE INDEX "return_not_ended" ON "orders"."return" ("swept_at")
  WHERE "status" IN ('requested', 'authorised', 'received', 'inspected');

-- When a pending message is sent next; one that is being sent is not due until its sender's time is over.
DROP INDEX "events"."message_pending";
ALTER TABLE "events"."message"
  DROP COLUMN "swept_at",
  ADD COLUMN "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
CREATE INDEX "message_pending" ON "events"."message" ("due_at") WHERE "state" = 'pending';

-- What a person decided, written down before it is sent to a workflow, and settled when Temporal has answered it.
CREATE TABLE "orders"."decision" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "update_name" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(3),
    "outcome" JSONB,

    CONSTRAINT "decision_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "decision_settled_with_its_outcome" CHECK (("settled_at" IS NULL) = ("outcome" IS NULL))
);
CREATE INDEX "decision_order_id_idx" ON "orders"."decision"("order_id");
CREATE INDEX "decision_unsettled" ON "orders"."decision"("decided_at") WHERE "settled_at" IS NULL;
ALTER TABLE "orders"."decision" ADD CONSTRAINT "decision_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
