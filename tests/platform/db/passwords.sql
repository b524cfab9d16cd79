-- Passwords come from the environment, so that no list of processes shows them; psql quotes them.
\getenv app PAFAR_DB_PASSWORD
\getenv oncall ONCALL_DB_PASSWORD
\getenv breakglass BREAKGLASS_DB_PASSWORD
\getenv exporter EXPORTER_DB_PASSWORD
\getenv backup BACKUP_DB_PASSWORD
ALTER ROLE pafar PASSWORD :'app';
ALTER ROLE oncall PASSWORD :'oncall';
ALTER ROLE breakglass PASSWORD :'breakglass';
ALTER ROLE exporter PASSWORD :'exporter';
ALTER ROLE backup PASSWORD :'backup';
-- The image may be some weeks old: trips leave from now on.
UPDATE trips SET departs_at = departs_at + (now() - (SELECT min(departs_at) FROM trips)) + interval '6 hours';
SELECT pg_stat_statements_reset() IS NOT NULL; -- the statements until here hold passwords
