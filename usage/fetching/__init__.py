"""Fetch runs: who works on which company, over the network, until every company of the run is done or told why not."""
