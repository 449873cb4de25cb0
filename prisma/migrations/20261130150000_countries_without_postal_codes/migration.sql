-- AlterTable
ALTER TABLE "orders"."recipient" ALTER COLUMN "postal_code" DROP NOT NULL;
