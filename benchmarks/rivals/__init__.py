"""The network of six_stations.yaml on engines that are not onestop's, as their users write it.

Each module has `run`, which simulates the network once and gives an `Outcome`.
"""
