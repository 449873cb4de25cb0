-- Where an order stands in the feed of changes: the transaction that changed it last. Numbers of transactions are given in
-- the order in which they begin to write, and not in the order in which they commit; so the feed is read only below the
-- oldest transaction that is still open (pg_snapshot_xmin), under which nothing can appear any more.
ALTER TABLE "orders"."orders" ADD COLUMN "feed_position" xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE INDEX "orders_feed_position_id_idx" ON "orders"."orders"("feed_position", "id");

CREATE FUNCTION "orders"."move_in_feed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.feed_position := pg_current_xact_id();
  RETURN NEW;
END $$;

-- Of all that the order resource shows, and of nothing that only sweeps look at.
CREATE TRIGGER "move_in_feed"
  BEFORE UPDATE OF "status", "reason", "items", "shipping", "tax", "grand", "updated_at" ON "orders"."orders"
  FOR EACH ROW EXECUTE FUNCTION "orders"."move_in_feed"();

CREATE FUNCTION "orders"."touch_order"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "orders"."orders" SET updated_at = now() WHERE id = NEW.order_id AND feed_position <> pg_current_xact_id();
  RETURN NULL;
END $$;

-- At the commit, when a transaction that changes the order's row too has done so: then there is nothing left to do.
CREATE CONSTRAINT TRIGGER "touch_order"
  AFTER INSERT OR UPDATE OF "status", "carrier", "tracking_number", "label_url", "estimated_delivery" ON "orders"."shipment"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "orders"."touch_order"();
CREATE CONSTRAINT TRIGGER "touch_order"
  AFTER UPDATE OF "authorised", "captured", "refunded" ON "payments"."payment"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "orders"."touch_order"();
CREATE CONSTRAINT TRIGGER "touch_order"
  AFTER INSERT OR UPDATE ON "payments"."refund"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "orders"."touch_order"();

-- Lists are newest first by the time of the order; an order is looked up by its client's reference, and what changed
-- since a time by that time.
DROP INDEX "orders"."orders_customer_id_id_idx";
CREATE INDEX "orders_customer_id_created_at_id_idx" ON "orders"."orders"("customer_id", "created_at", "id");
CREATE INDEX "orders_created_at_id_idx" ON "orders"."orders"("created_at", "id");
CREATE INDEX "orders_client_reference_customer_id_idx" ON "orders"."orders"("client_reference", "customer_id");
CREATE INDEX "orders_updated_at_idx" ON "orders"."orders"("updated_at");
