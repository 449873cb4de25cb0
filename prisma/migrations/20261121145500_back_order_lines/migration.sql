CREATE TABLE "inventory"."back_order_line" (
    "order_id" TEXT NOT NULL,
    "sku" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,

    CONSTRAINT "back_order_line_pkey" PRIMARY KEY ("order_id", "sku")
);

CREATE INDEX "back_order_line_sku_order_id_idx" ON "inventory"."back_order_line"("sku", "order_id");

-- What Prisma's language cannot express.

ALTER TABLE "inventory"."back_order_line"
  ADD CONSTRAINT "back_order_line_quantity_positive" CHECK ("quantity" > 0);

CREATE FUNCTION "inventory"."keep_back_order_lines"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "inventory"."back_order_line" WHERE order_id = NEW.id;
  INSERT INTO "inventory"."back_order_line" (order_id, sku, quantity)
  SELECT order_id, sku, quantity - dropped_quantity FROM "orders"."order_line"
  WHERE order_id = NEW.id AND quantity > dropped_quantity AND NEW.status = 'awaiting_stock';
  RETURN NULL;
END $$;

CREATE TRIGGER "keep_back_order_lines" AFTER UPDATE OF "status" ON "orders"."orders"
  FOR EACH ROW WHEN (OLD.status <> NEW.status AND 'awaiting_stock' IN (OLD.status, NEW.status))
  EXECUTE FUNCTION "inventory"."keep_back_order_lines"();

INSERT INTO "inventory"."back_order_line" ("order_id", "sku", "quantity")
SELECT l."order_id", l."sku", l."quantity" - l."dropped_quantity"
FROM "orders"."order_line" l JOIN "orders"."orders" o ON o."id" = l."order_id"
WHERE o."status" = 'awaiting_stock' AND l."quantity" > l."dropped_quantity";
