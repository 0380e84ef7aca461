"""Makes the survey's tables once, from a seed: blanks twenty cells of the survey as published, and
draws a login table in which two thirds of the clients appear, some twice, some after the execution
time (2024-06-01). Usage: make_data.py PUBLISHED_SURVEY.csv"""
import csv
import datetime
import random
import sys

SEED = 20240601
EXECUTION = datetime.datetime(2024, 6, 1)


def main(published):
    draw = random.Random(SEED)
    with open(published, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in draw.sample(rows, 20):
        row[draw.choice(["budget", "age", "gender"])] = ""
    with open("survey_results.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

    logins = []
    for row in draw.sample(rows, len(rows) * 2 // 3):
        for _ in range(2 if draw.random() < 0.15 else 1):
            # Up to 400 days before the execution time; one in twenty after it.
            after = draw.random() < 0.05
            seconds = draw.randrange(30 * 86400 if after else 400 * 86400)
            when = EXECUTION + datetime.timedelta(seconds=seconds if after else -seconds)
            logins.append((int(row["client_id"]), when.strftime("%Y-%m-%dT%H:%M:%SZ")))
    with open("client_login.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["client_id", "last_logged_in"])
        writer.writerows(sorted(logins))


main(sys.argv[1])
