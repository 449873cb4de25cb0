ALTER TABLE "orders"."saga_step" ADD COLUMN "attempts" INTEGER NOT NULL DEFAULT 1;

ALTER TABLE "events"."message" ADD COLUMN "data" JSONB NOT NULL DEFAULT '{}';

CREATE TABLE "orders"."note" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "actor_type" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "note_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "orders"."stuck_step" (
    "order_id" TEXT NOT NULL,
    "step" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "reason" TEXT NOT NULL,
    "actions" TEXT[],
    "occurrence" INTEGER NOT NULL DEFAULT 1,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "stuck_step_pkey" PRIMARY KEY ("order_id", "step")
);

CREATE INDEX "note_order_id_idx" ON "orders"."note"("order_id");

ALTER TABLE "orders"."note" ADD CONSTRAINT "note_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "orders"."stuck_step" ADD CONSTRAINT "stuck_step_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's language cannot express.

ALTER TABLE "orders"."stuck_step"
  ADD CONSTRAINT "stuck_step_actions_known" CHECK ("actions" <@ ARRAY['retry', 'skip', 'refund']);

CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE ON "orders"."note"
  FOR EACH ROW EXECUTE FUNCTION "orders"."refuse_change"();

INSERT INTO "orders"."status_transition" ("from_status", "to_status") VALUES ('packed', 'needs_attention');
