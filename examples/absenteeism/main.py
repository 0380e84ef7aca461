"""Features of every absence, and what the checks found."""

import sys

import features
import weft

driver = weft.Driver(features)
outputs = [
    "age_zscore", "height_zscore", "weight_zscore", "computed_body_mass_index", "body_mass_index_error", "seasons_1", "is_monday",
    "is_summer", "has_children", "has_pet", "absence_per_service_year",
]
result = driver.execute(outputs, {"absences_path": sys.argv[1]})
print(result.table().to_text(5))
for check in result.checks:
    message = f": {check['message']}" if check["message"] else ""
    print(f"{'ok  ' if check['passed'] else 'warn'}  {check['check']} of {check['node']}{message}")
