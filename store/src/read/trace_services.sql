-- Which services may be chosen in the search form?
SELECT toString(service_name) AS name
FROM functions FINAL
WHERE service_name != ''
GROUP BY name
ORDER BY name
LIMIT 500
