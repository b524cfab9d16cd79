-- Who may do what. Passwords come from the environment, so that no list of processes shows them; psql quotes them.
\getenv app PAFAR_DB_PASSWORD
\getenv oncall ONCALL_DB_PASSWORD
\getenv breakglass BREAKGLASS_DB_PASSWORD
\getenv exporter EXPORTER_DB_PASSWORD
\getenv backup BACKUP_DB_PASSWORD
CREATE ROLE pafar LOGIN PASSWORD :'app';
CREATE ROLE migrator LOGIN IN ROLE pafar;
CREATE ROLE reporting LOGIN IN ROLE pg_read_all_data;
-- The person on call: sees everything, may end sessions, gets in when every ordinary slot is taken.
CREATE ROLE oncall LOGIN REPLICATION PASSWORD :'oncall' IN ROLE pg_monitor, pg_signal_backend;
-- For what only a superuser may do, such as rolling back somebody else's prepared transaction.
CREATE ROLE breakglass LOGIN SUPERUSER PASSWORD :'breakglass';
CREATE ROLE exporter LOGIN PASSWORD :'exporter' IN ROLE pg_monitor;
CREATE ROLE backup LOGIN REPLICATION PASSWORD :'backup' IN ROLE pg_read_all_data;
CREATE DATABASE pafar OWNER pafar;
