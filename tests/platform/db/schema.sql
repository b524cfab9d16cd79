-- Bookings and payments, with enough rows that a missing index hurts.
SET ROLE pafar;

CREATE TABLE customers (
    id integer PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL
);
CREATE TABLE trips (
    id integer PRIMARY KEY,
    origin text NOT NULL,
    destination text NOT NULL,
    departs_at timestamptz NOT NULL,
    price_cents integer NOT NULL,
    seats_left integer NOT NULL CHECK (seats_left >= 0),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL,
    trip_id integer NOT NULL REFERENCES trips,
    customer_id integer NOT NULL REFERENCES customers,
    seats integer NOT NULL,
    amount_cents integer NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE payments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking_id bigint NOT NULL REFERENCES bookings,
    charge text NOT NULL,
    amount_cents integer NOT NULL,
    status text NOT NULL DEFAULT 'charged',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE receipts (payment_id bigint PRIMARY KEY REFERENCES payments, sent_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE webhook_events (id text PRIMARY KEY, type text NOT NULL, received_at timestamptz NOT NULL DEFAULT now());

INSERT INTO customers SELECT i, 'customer' || i || '@example.com', 'Customer ' || i FROM generate_series(1, 20000) AS i;
INSERT INTO trips
SELECT i, 'City ' || i % 40, 'City ' || (i * 7 + 3) % 40, now() + i * interval '6 hours', 900 + (i * 37) % 9000, 100000
FROM generate_series(1, 400) AS i;
INSERT INTO bookings (reference, trip_id, customer_id, seats, amount_cents, status, created_at)
SELECT 'old' || i, 1 + i % 400, 1 + (i::bigint * 7919) % 20000, 1 + i % 4, 1000 + i % 9000, 'paid',
       now() - (300000 - i) * interval '40 seconds'
FROM generate_series(1, 300000) AS i;
INSERT INTO payments (booking_id, charge, amount_cents, status, created_at)
SELECT id, 'ch_old' || id, amount_cents, 'confirmed', created_at FROM bookings WHERE id % 3 > 0;

-- Who is on call sees which payments were charged and not confirmed, and nothing of the customers.
GRANT SELECT (id, reference) ON bookings TO oncall;
GRANT SELECT (booking_id, charge, amount_cents, status, created_at) ON payments TO oncall;
-- Which transactions hold a row together is in the row itself; no value of the row is read.
GRANT SELECT (ctid, xmax) ON trips, customers, bookings, payments TO oncall;

CREATE UNIQUE INDEX bookings_reference_key ON bookings (reference);
CREATE INDEX bookings_customer_id_created_at_idx ON bookings (customer_id, created_at);
CREATE INDEX bookings_trip_id_idx ON bookings (trip_id);
CREATE INDEX bookings_pending_idx ON bookings (created_at) WHERE status = 'pending';
CREATE INDEX payments_booking_id_idx ON payments (booking_id);
CREATE UNIQUE INDEX payments_charge_key ON payments (charge);

RESET ROLE;
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION hypopg;
ANALYZE;
