"""Marketing spend by week, as a table on the terminal."""

import features
import weft

driver = weft.Driver(features)
weeks = {"spend": [10.0, 10.0, 20.0, 40.0, 40.0, 50.0], "signups": [1, 10, 50, 100, 200, 400]}
outputs = ["spend", "signups", "avg_3wk_spend", "spend_per_signup", "spend_zero_mean_unit_variance"]
print(driver.plan(outputs).run(table=weft.Table(weeks)).table().to_text(), end="")
