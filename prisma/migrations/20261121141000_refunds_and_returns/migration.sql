CREATE TABLE "orders"."return" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'requested',
    "requested_by_type" TEXT NOT NULL,
    "requested_by_id" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "taken_up_at" TIMESTAMPTZ(3),
    "receive_by" TIMESTAMPTZ(3),
    "refundable" BIGINT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "return_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "orders"."return_line" (
    "return_id" TEXT NOT NULL,
    "sku" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "restocked" INTEGER NOT NULL DEFAULT 0,
    "written_off" INTEGER NOT NULL DEFAULT 0,
    "warehouse" TEXT,

    CONSTRAINT "return_line_pkey" PRIMARY KEY ("return_id", "sku")
);

CREATE TABLE "orders"."return_status_transition" (
    "from_status" TEXT NOT NULL,
    "to_status" TEXT NOT NULL,

    CONSTRAINT "return_status_transition_pkey" PRIMARY KEY ("from_status", "to_status")
);

CREATE TABLE "payments"."refund" (
    "key" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "return_id" TEXT,
    "decided_by_type" TEXT NOT NULL,
    "decided_by_id" TEXT NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "provider_reference" TEXT,
    "refunded_at" TIMESTAMPTZ(3),

    CONSTRAINT "refund_pkey" PRIMARY KEY ("key")
);

CREATE INDEX "return_order_id_idx" ON "orders"."return"("order_id");
CREATE UNIQUE INDEX "refund_return_id_key" ON "payments"."refund"("return_id");
CREATE INDEX "refund_order_id_idx" ON "payments"."refund"("order_id");

ALTER TABLE "orders"."return" ADD CONSTRAINT "return_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "orders"."return_line" ADD CONSTRAINT "return_line_return_id_fkey" FOREIGN KEY ("return_id") REFERENCES "orders"."return"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "payments"."refund" ADD CONSTRAINT "refund_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "payments"."refund" ADD CONSTRAINT "refund_return_id_fkey" FOREIGN KEY ("return_id") REFERENCES "orders"."return"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's language cannot express.

ALTER TABLE "orders"."return"
  ADD CONSTRAINT "return_refundable_not_negative" CHECK ("refundable" >= 0);

ALTER TABLE "orders"."return_line"
  ADD CONSTRAINT "return_line_quantity_positive" CHECK ("quantity" > 0),
  ADD CONSTRAINT "return_line_back_within_quantity" CHECK ("restocked" >= 0 AND "written_off" >= 0 AND "restocked" + "written_off" <= "quantity"),
  ADD CONSTRAINT "return_line_restocked_somewhere" CHECK ("restocked" = 0 OR "warehouse" IS NOT NULL);

ALTER TABLE "payments"."refund"
  ADD CONSTRAINT "refund_amount_positive" CHECK ("amount" > 0),
  ADD CONSTRAINT "refund_cause_known" CHECK ("cause" IN ('return', 'not_shipped')),
  ADD CONSTRAINT "refund_of_a_return_names_it" CHECK (("cause" = 'return') = ("return_id" IS NOT NULL)),
  ADD CONSTRAINT "refund_done_has_reference" CHECK ("refunded_at" IS NOT NULL OR "provider_reference" IS NULL);

ALTER TABLE "inventory"."stock_movement"
  DROP CONSTRAINT "stock_movement_kind_known",
  ADD CONSTRAINT "stock_movement_kind_known" CHECK ("kind" IN ('adjustment', 'pack', 'return_to_shelf', 'return')),
  ADD CONSTRAINT "stock_movement_of_a_return_adds_to_its_shelf" CHECK ("kind" <> 'return' OR ("change" > 0 AND "order_id" IS NOT NULL));

CREATE INDEX "return_not_taken_up" ON "orders"."return" ("requested_at") WHERE "taken_up_at" IS NULL;

INSERT INTO "orders"."return_status_transition" ("from_status", "to_status") VALUES
  ('requested', 'authorised'), ('requested', 'rejected'),
  ('authorised', 'received'), ('authorised', 'expired'),
  ('received', 'inspected'),
  ('inspected', 'refunded'), ('inspected', 'closed');

CREATE FUNCTION "orders"."check_return"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'requested' THEN
      RAISE EXCEPTION 'return % must begin as requested, not as %', NEW.id, NEW.status USING ERRCODE = 'check_violation';
    END IF;
  ELSIF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT FROM "orders"."return_status_transition" WHERE from_status = OLD.status AND to_status = NEW.status
  ) THEN
    RAISE EXCEPTION 'return % may not move from % to %', NEW.id, OLD.status, NEW.status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER "check_return" BEFORE INSERT OR UPDATE ON "orders"."return"
  FOR EACH ROW EXECUTE FUNCTION "orders"."check_return"();

-- What was delivered of an order's skus, what of it came back, and what open returns await.
CREATE VIEW "orders"."returnable" AS
  SELECT d.order_id, d.sku, d.delivered, coalesce(r.back, 0) AS back, coalesce(r.awaited, 0) AS awaited
  FROM (
    SELECT s.order_id, l.sku, sum(l.quantity)::int AS delivered
    FROM "orders"."shipment" s JOIN "orders"."shipment_line" l ON l.shipment_id = s.id
    WHERE s.status = 'delivered' GROUP BY 1, 2
  ) d
  LEFT JOIN (
    SELECT t.order_id, l.sku,
      coalesce(sum(l.restocked + l.written_off) FILTER (WHERE t.status IN ('inspected', 'refunded', 'closed')), 0)::int AS back,
      coalesce(sum(l.quantity) FILTER (WHERE t.status IN ('requested', 'authorised', 'received')), 0)::int AS awaited
    FROM "orders"."return" t JOIN "orders"."return_line" l ON l.return_id = t.id GROUP BY 1, 2
  ) r ON r.order_id = d.order_id AND r.sku = d.sku;

-- The order's row is locked first, so that returns that race see each other.
CREATE FUNCTION "orders"."check_return_line"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  its_order TEXT;
BEGIN
  SELECT order_id INTO its_order FROM "orders"."return" WHERE id = NEW.return_id;
  PERFORM FROM "orders"."orders" WHERE id = its_order FOR UPDATE;
  IF NOT EXISTS (
    SELECT FROM "orders"."returnable" WHERE order_id = its_order AND sku = NEW.sku AND back + awaited <= delivered
  ) THEN
    RAISE EXCEPTION 'return % has more of % than order % has left to return', NEW.return_id, NEW.sku, its_order
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER "check_return_line" AFTER INSERT OR UPDATE ON "orders"."return_line"
  FOR EACH ROW EXECUTE FUNCTION "orders"."check_return_line"();

CREATE FUNCTION "payments"."check_refund"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  decided BIGINT;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF OLD.refunded_at IS NOT NULL
      OR to_jsonb(NEW) - 'refunded_at' - 'provider_reference' <> to_jsonb(OLD) - 'refunded_at' - 'provider_reference' THEN
      RAISE EXCEPTION 'refund % may only be marked as done, once', OLD.key USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  PERFORM FROM "orders"."orders" WHERE id = NEW.order_id FOR UPDATE;
  SELECT coalesce(sum(amount), 0) INTO decided FROM "payments"."refund" WHERE order_id = NEW.order_id AND key <> NEW.key;
  IF NOT EXISTS (
    SELECT FROM "payments"."payment"
    WHERE order_id = NEW.order_id AND currency = NEW.currency AND captured >= decided + NEW.amount
  ) THEN
    RAISE EXCEPTION 'refund % is more than was captured of order % and not refunded yet', NEW.key, NEW.order_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER "check_refund" BEFORE INSERT OR UPDATE ON "payments"."refund"
  FOR EACH ROW EXECUTE FUNCTION "payments"."check_refund"();
CREATE TRIGGER "append_only" BEFORE DELETE ON "payments"."refund"
  FOR EACH ROW EXECUTE FUNCTION "orders"."refuse_change"();
