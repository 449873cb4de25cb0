-- The order's row is locked before the foreign key locks it for sharing: two returns of one order that are stored at once
-- would else wait for each other.
CREATE OR REPLACE FUNCTION "orders"."check_return"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM FROM "orders"."orders" WHERE id = NEW.order_id FOR UPDATE;
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
