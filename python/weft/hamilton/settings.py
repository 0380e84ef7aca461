"""Names of config entries that change how a driver is built."""

ENABLE_POWER_USER_MODE = "hamilton.enable_power_user_mode"
