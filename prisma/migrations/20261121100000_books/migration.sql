-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "catalogue";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "events";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "inventory";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "orders";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "payments";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "sandbox";

-- CreateTable
CREATE TABLE "catalogue"."product" (
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "unit_price" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "weight_grams" INTEGER NOT NULL,
    "active" BOOLEAN NOT NULL DEFAULT true,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "product_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "orders"."orders" (
    "id" TEXT NOT NULL,
    "client_reference" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'created',
    "reason" TEXT,
    "currency" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "fulfilment" TEXT NOT NULL,
    "backorder_until" TIMESTAMPTZ(3),
    "items" BIGINT NOT NULL,
    "shipping" BIGINT NOT NULL,
    "tax" BIGINT NOT NULL,
    "grand" BIGINT NOT NULL,
    "fenced_leg" INTEGER NOT NULL DEFAULT 0,
    "fenced" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "orders"."order_line" (
    "order_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "dropped_quantity" INTEGER NOT NULL DEFAULT 0,
    "unit_price" BIGINT NOT NULL,

    CONSTRAINT "order_line_pkey" PRIMARY KEY ("order_id","sku")
);

-- CreateTable
CREATE TABLE "orders"."recipient" (
    "order_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "line1" TEXT NOT NULL,
    "line2" TEXT,
    "postal_code" TEXT NOT NULL,
    "city" TEXT NOT NULL,
    "region" TEXT,
    "country" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "phone" TEXT,

    CONSTRAINT "recipient_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "orders"."saga_step" (
    "order_id" TEXT NOT NULL,
    "step" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "request_hash" TEXT,
    "result" JSONB,
    "provider_reference" TEXT,
    "applied_at" TIMESTAMPTZ(3),
    "undoing_at" TIMESTAMPTZ(3),
    "undone_at" TIMESTAMPTZ(3),

    CONSTRAINT "saga_step_pkey" PRIMARY KEY ("order_id","step")
);

-- CreateTable
CREATE TABLE "orders"."timeline_entry" (
    "id" BIGSERIAL NOT NULL,
    "order_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "step" TEXT,
    "status" TEXT,
    "actor_type" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "reason" TEXT,
    "note" TEXT,

    CONSTRAINT "timeline_entry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "orders"."status_transition" (
    "from_status" TEXT NOT NULL,
    "to_status" TEXT NOT NULL,

    CONSTRAINT "status_transition_pkey" PRIMARY KEY ("from_status","to_status")
);

-- CreateTable
CREATE TABLE "orders"."shipment" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "leg" INTEGER NOT NULL,
    "warehouse" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'allocated',
    "carrier" TEXT,
    "tracking_number" TEXT,
    "label_url" TEXT,
    "estimated_delivery" TIMESTAMPTZ(3),

    CONSTRAINT "shipment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "orders"."shipment_line" (
    "shipment_id" TEXT NOT NULL,
    "sku" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,

    CONSTRAINT "shipment_line_pkey" PRIMARY KEY ("shipment_id","sku")
);

-- CreateTable
CREATE TABLE "orders"."idempotency_key" (
    "subject" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "response" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("subject","key")
);

-- CreateTable
CREATE TABLE "inventory"."warehouse" (
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "warehouse_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "inventory"."stock_level" (
    "sku" TEXT NOT NULL,
    "warehouse" TEXT NOT NULL,
    "on_hand" INTEGER NOT NULL DEFAULT 0,
    "reserved" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "stock_level_pkey" PRIMARY KEY ("sku","warehouse")
);

-- CreateTable
CREATE TABLE "inventory"."reservation" (
    "order_id" TEXT NOT NULL,
    "leg" INTEGER NOT NULL,
    "sku" TEXT NOT NULL,
    "warehouse" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "held" INTEGER NOT NULL,

    CONSTRAINT "reservation_pkey" PRIMARY KEY ("order_id","leg","sku","warehouse")
);

-- CreateTable
CREATE TABLE "inventory"."stock_movement" (
    "id" BIGSERIAL NOT NULL,
    "sku" TEXT NOT NULL,
    "warehouse" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "change" INTEGER NOT NULL,
    "order_id" TEXT,
    "step" TEXT,
    "actor_id" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stock_movement_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payments"."payment" (
    "order_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "authorised" BIGINT NOT NULL DEFAULT 0,
    "captured" BIGINT NOT NULL DEFAULT 0,
    "refunded" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "payment_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "events"."outbox" (
    "id" BIGSERIAL NOT NULL,
    "event_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "topic" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "data" JSONB NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "events"."message" (
    "key" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "message_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "sandbox"."fault" (
    "id" BIGSERIAL NOT NULL,
    "port" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "match" JSONB NOT NULL DEFAULT '{}',
    "delay_ms" INTEGER,
    "times" INTEGER,
    "remaining" INTEGER,

    CONSTRAINT "fault_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sandbox"."script" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "generation" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "script_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sandbox"."effect" (
    "id" BIGSERIAL NOT NULL,
    "party" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "reference" TEXT NOT NULL,
    "details" JSONB NOT NULL,
    "ends" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "effect_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sandbox"."scan" (
    "id" BIGSERIAL NOT NULL,
    "carrier" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "shipment_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "delivered_at" TIMESTAMPTZ(3),

    CONSTRAINT "scan_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "orders_customer_id_id_idx" ON "orders"."orders"("customer_id", "id");

-- CreateIndex
CREATE INDEX "orders_status_id_idx" ON "orders"."orders"("status", "id");

-- CreateIndex
CREATE INDEX "timeline_entry_order_id_id_idx" ON "orders"."timeline_entry"("order_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "shipment_order_id_leg_warehouse_key" ON "orders"."shipment"("order_id", "leg", "warehouse");

-- CreateIndex
CREATE INDEX "reservation_sku_warehouse_idx" ON "inventory"."reservation"("sku", "warehouse");

-- CreateIndex
CREATE INDEX "stock_movement_sku_warehouse_idx" ON "inventory"."stock_movement"("sku", "warehouse");

-- CreateIndex
CREATE INDEX "stock_movement_order_id_idx" ON "inventory"."stock_movement"("order_id");

-- CreateIndex
CREATE INDEX "message_order_id_idx" ON "events"."message"("order_id");

-- CreateIndex
CREATE INDEX "fault_port_operation_idx" ON "sandbox"."fault"("port", "operation");

-- CreateIndex
CREATE INDEX "effect_order_id_idx" ON "sandbox"."effect"("order_id");

-- CreateIndex
CREATE UNIQUE INDEX "effect_party_key_operation_key" ON "sandbox"."effect"("party", "key", "operation");

-- CreateIndex
CREATE UNIQUE INDEX "effect_party_ends_key" ON "sandbox"."effect"("party", "ends");

-- CreateIndex
CREATE UNIQUE INDEX "scan_shipment_id_status_key" ON "sandbox"."scan"("shipment_id", "status");

-- AddForeignKey
ALTER TABLE "orders"."order_line" ADD CONSTRAINT "order_line_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders"."recipient" ADD CONSTRAINT "recipient_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders"."saga_step" ADD CONSTRAINT "saga_step_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders"."timeline_entry" ADD CONSTRAINT "timeline_entry_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders"."shipment" ADD CONSTRAINT "shipment_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders"."shipment_line" ADD CONSTRAINT "shipment_line_shipment_id_fkey" FOREIGN KEY ("shipment_id") REFERENCES "orders"."shipment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payments"."payment" ADD CONSTRAINT "payment_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"."orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- What must never be, refused by the database itself.

ALTER TABLE "catalogue"."product"
  ADD CONSTRAINT "product_unit_price_not_negative" CHECK ("unit_price" >= 0),
  ADD CONSTRAINT "product_weight_positive" CHECK ("weight_grams" > 0);

ALTER TABLE "orders"."orders"
  ADD CONSTRAINT "orders_totals_add_up" CHECK ("items" >= 0 AND "shipping" >= 0 AND "tax" >= 0 AND "grand" = "items" + "shipping" + "tax"),
  ADD CONSTRAINT "orders_fulfilment_known" CHECK ("fulfilment" IN ('all_or_nothing', 'ship_available'));

ALTER TABLE "orders"."order_line"
  ADD CONSTRAINT "order_line_quantity_positive" CHECK ("quantity" > 0),
  ADD CONSTRAINT "order_line_dropped_within_quantity" CHECK ("dropped_quantity" BETWEEN 0 AND "quantity");

ALTER TABLE "orders"."saga_step"
  ADD CONSTRAINT "saga_step_state_known" CHECK ("state" IN ('applied', 'undoing', 'undone', 'skipped'));

ALTER TABLE "orders"."shipment"
  ADD CONSTRAINT "shipment_status_known" CHECK ("status" IN ('allocated', 'packed', 'booked', 'handed_over', 'in_transit', 'delivered', 'returned_to_shelf', 'lost'));

ALTER TABLE "orders"."shipment_line"
  ADD CONSTRAINT "shipment_line_quantity_positive" CHECK ("quantity" > 0);

ALTER TABLE "inventory"."stock_level"
  ADD CONSTRAINT "stock_level_on_hand_not_negative" CHECK ("on_hand" >= 0),
  ADD CONSTRAINT "stock_level_reserved_within_on_hand" CHECK ("reserved" BETWEEN 0 AND "on_hand");

ALTER TABLE "inventory"."reservation"
  ADD CONSTRAINT "reservation_quantity_positive" CHECK ("quantity" > 0),
  ADD CONSTRAINT "reservation_held_within_quantity" CHECK ("held" BETWEEN 0 AND "quantity");

ALTER TABLE "inventory"."stock_movement"
  ADD CONSTRAINT "stock_movement_kind_known" CHECK ("kind" IN ('adjustment', 'pack', 'return_to_shelf'));

ALTER TABLE "payments"."payment"
  ADD CONSTRAINT "payment_amounts_not_negative" CHECK ("authorised" >= 0 AND "captured" >= 0 AND "refunded" >= 0),
  ADD CONSTRAINT "payment_captured_within_authorised" CHECK ("captured" <= "authorised"),
  ADD CONSTRAINT "payment_refunded_within_captured" CHECK ("refunded" <= "captured");

ALTER TABLE "events"."message"
  ADD CONSTRAINT "message_state_known" CHECK ("state" IN ('pending', 'sent', 'dead'));

CREATE INDEX "outbox_unpublished" ON "events"."outbox" ("id") WHERE "published_at" IS NULL;
CREATE INDEX "message_pending" ON "events"."message" ("created_at") WHERE "state" = 'pending';
CREATE INDEX "scan_due" ON "sandbox"."scan" ("due_at") WHERE "delivered_at" IS NULL;

INSERT INTO "orders"."status_transition" ("from_status", "to_status") VALUES
  ('created', 'validated'), ('created', 'in_review'), ('created', 'compensating'),
  ('in_review', 'validated'), ('in_review', 'compensating'),
  ('validated', 'reserved'), ('validated', 'awaiting_stock'), ('validated', 'compensating'),
  ('awaiting_stock', 'reserved'), ('awaiting_stock', 'compensating'),
  ('reserved', 'authorised'), ('reserved', 'compensating'),
  ('authorised', 'packed'), ('authorised', 'pending_retry'), ('authorised', 'compensating'),
  ('packed', 'paid'), ('packed', 'pending_retry'), ('packed', 'compensating'),
  ('pending_retry', 'authorised'), ('pending_retry', 'compensating'),
  ('paid', 'shipped'), ('paid', 'needs_attention'),
  ('shipped', 'delivered'), ('shipped', 'needs_attention'),
  ('delivered', 'returned'),
  ('compensating', 'cancelled'), ('compensating', 'rejected'), ('compensating', 'expired'),
  ('compensating', 'failed'), ('compensating', 'needs_attention'),
  ('needs_attention', 'compensating'), ('needs_attention', 'paid'), ('needs_attention', 'shipped'),
  ('needs_attention', 'delivered');

CREATE FUNCTION "orders"."check_order"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'created' THEN
      RAISE EXCEPTION 'order % must begin as created, not as %', NEW.id, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT FROM "orders"."status_transition" WHERE from_status = OLD.status AND to_status = NEW.status
  ) THEN
    RAISE EXCEPTION 'order % may not move from % to %', NEW.id, OLD.status, NEW.status USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.fenced_leg < OLD.fenced_leg OR (OLD.fenced AND NOT NEW.fenced) THEN
    RAISE EXCEPTION 'the fence of order % may not move back', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER "check_order" BEFORE INSERT OR UPDATE ON "orders"."orders"
  FOR EACH ROW EXECUTE FUNCTION "orders"."check_order"();

CREATE FUNCTION "orders"."refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE ON "orders"."timeline_entry"
  FOR EACH ROW EXECUTE FUNCTION "orders"."refuse_change"();
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE ON "inventory"."stock_movement"
  FOR EACH ROW EXECUTE FUNCTION "orders"."refuse_change"();

INSERT INTO "sandbox"."script" ("id") VALUES (1);
