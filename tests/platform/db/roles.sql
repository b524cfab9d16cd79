-- Who may do what. The cluster of the image has no passwords: passwords.sql sets them when a platform starts.
CREATE ROLE pafar LOGIN;
CREATE ROLE migrator LOGIN IN ROLE pafar;
CREATE ROLE reporting LOGIN IN ROLE pg_read_all_data;
-- The person on call: sees everything, may end sessions, gets in when every ordinary slot is taken.
CREATE ROLE oncall LOGIN REPLICATION IN ROLE pg_monitor, pg_signal_backend;
-- For what only a superuser may do, such as rolling back somebody else's prepared transaction.
CREATE ROLE breakglass LOGIN SUPERUSER;
CREATE ROLE exporter LOGIN IN ROLE pg_monitor;
CREATE ROLE backup LOGIN REPLICATION IN ROLE pg_read_all_data;
CREATE DATABASE pafar OWNER pafar;
